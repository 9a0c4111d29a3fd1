"""What is wrong in the content, one rule family a file."""
