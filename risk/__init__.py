"""Technical risks: signals, stories, scores with uncertainty, register, expert panels, alerts, bulletin."""
