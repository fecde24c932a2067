"""Attacks on the answer pipeline: a seeded, generated set of poisoned pages and of jailbreak questions, run with and without a model."""
