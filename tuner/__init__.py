"""Search of hyperparameters with KerasTuner, remembered by MLflow. Not built yet: see docs/design.md."""
