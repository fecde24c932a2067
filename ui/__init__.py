"""The doors: command line, HTTP API, Gradio interface, schedule, notification and export."""
