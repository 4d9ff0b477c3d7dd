"""A search in several processes: KerasTuner's chief proposes, workers train, a supervisor keeps them."""
