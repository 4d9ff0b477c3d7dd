"""What disturbs a recording: head, lids, light, lens, sensor, file format."""
