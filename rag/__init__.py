"""Retrieval and answers: indexes, fusion, verified citations, interpretation, comparison, matching."""
