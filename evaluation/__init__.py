"""Measurement: retrieval, answers, extraction, risk, speed and safety, with pinned floors."""
