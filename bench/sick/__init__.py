"""Real trainings of tiny models, well and sick, for judging the training detectors; made without having seen them."""
