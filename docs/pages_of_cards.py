"""A hook of mkdocs: one page for every entry of the zoo, made of its card."""

from mkdocs.structure.files import File

from mer_zoo.zoo import card, list_models
from mer_zoo.zoo.card_markdown import card_markdown

INDEX = """# Entries
`mer-zoo card NAME` prints the same. Weights are synthetic-trained unless a card says otherwise.

| entry | what it is | input | classes |
|---|---|---|---|
"""


def on_files(files, config):
    """Adds `cards/index.md` and `cards/NAME.md`."""
    rows = [INDEX]
    for name in list_models():
        entry = card(name)
        image = f"{entry.preprocessing.modality}, {entry.preprocessing.image_size} px"
        classes = ", ".join(entry.class_names)
        rows.append(f"| [{name}]({name}.md) | {entry.summary} | {image} | {classes} |\n")
        intro = f"# {name}\n\n{entry.summary}\n\n**Use.** {entry.intended_use}\n\n"
        page = intro + card_markdown(entry)
        files.append(File.generated(config, f"cards/{name}.md", content=page))
    files.append(File.generated(config, "cards/index.md", content="".join(rows)))
    return files
