"""Whether a machine or a repository is ready: small judgements of facts that the shell has gathered."""
