"""The smallest recipes that train: on synthetic clips, and on precomputed flow images."""

SYNTHETIC = """
name = "toy"
[data]
schema = "megc2019"
seed = 1
clips_per_identity = 6
[preprocessing]
modality = "mesti"
face_size = 40
image_size = 12
alignment = "frame"
[network]
name = "MEGANet"
arguments = { stages = [[4], [6]], stem_strides = 2, neck = 4, attention_stages = [2] }
[augmentation]
shift = 1
[training]
epochs = 2
seeds = [1, 2]
batch_size = 16
[card]
summary = "A test."
intended_use = "Tests."
limits = ["A toy."]
references = []
"""

SYNTHETIC_UNITS = (
    SYNTHETIC.replace('name = "toy"', 'name = "toy"\ntask = "action units"', 1)
    .replace("attention_stages = [2] }", 'attention_stages = [2], activation = "sigmoid" }')
    .replace('schema = "megc2019"', 'schema = "facs"\ntalking_clips = 1')
    .replace("shift = 1", "shift = 1\nupper_face = 0.3")
)

FLOW = """
name = "toy"
[preprocessing]
modality = "flow"
face_size = 112
image_size = 28
parameters = { size = 32, per_channel = true }
[network]
name = "MEGANet"
arguments = { stages = [[4], [6]], stem_strides = 2, neck = 4, attention_stages = [2] }
[real]
dataset = "flow"
protocol = ""
[real.training]
epochs = 2
seeds = [1]
[card]
summary = "A test."
intended_use = "Tests."
limits = []
references = []
"""
