"""YAML files -> a Campaign."""
