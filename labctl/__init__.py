"""Run protocols on instruments, stream every reading, lose nothing."""
