"""The policy corpus: records, storage, reading, structure, validity and access.

Nothing here imports another Jianwei package (see the layer test)."""
