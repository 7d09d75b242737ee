"""What the line says, from its samples and hook edges alone: pure, no hardware, socket, clock or thread."""
