"""YAML on disk -> Campaign, or Problems that tell an editor what to mend."""
