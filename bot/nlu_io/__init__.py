"""What the NLU package needs of the machine: the sentence encoder, a cache of what was learnt, word lists."""
