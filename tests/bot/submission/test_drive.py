"""Ids out of whatever authors paste."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.submission.drive import DriveLinkError, drive_id

ID = "1abcdefghijklmnopqrstuvwxyz_-0123"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"  {ID} ",
        f"https://drive.google.com/file/d/{ID}/view?usp=sharing",
        f"https://drive.google.com/file/d/{ID}/view?usp=drive_link&resourcekey=0-abc",
        f"https://drive.google.com/file/d/{ID}",
        f"http://drive.google.com/file/d/{ID}/edit",
        f"drive.google.com/file/d/{ID}/preview",
        f"https://drive.google.com/file/u/0/d/{ID}/view",
        f"https://drive.google.com/a/example.org/file/d/{ID}/view",
        f"https://drive.google.com/open?id={ID}",
        f"https://drive.google.com/open?usp=sharing&id={ID}",
        f"https://drive.google.com/uc?export=download&id={ID}",
        f"https://drive.google.com/uc?id={ID}&id={ID}",
        f"https://docs.google.com/uc?export=download&confirm=t&id={ID}",
        f"https://drive.usercontent.google.com/download?id={ID}&export=download&authuser=0",
        f"https://lh3.googleusercontent.com/d/{ID}",
        f"https://DRIVE.google.com/file/d/{ID}/view",
        f"<https://drive.google.com/file/d/{ID}/view>",
        f"[checkpoint](https://drive.google.com/file/d/{ID}/view)",
        f"[checkpoint](<https://drive.google.com/file/d/{ID}/view>)",
        f'[checkpoint](https://drive.google.com/file/d/{ID}/view "the weights")',
        f"[{ID}](https://drive.google.com/file/d/{ID}/view).",
        f'<a href="https://drive.google.com/file/d/{ID}/view" target="_blank">checkpoint</a>',
        f"https://drive.google.com/file/d/{ID}/view?usp=sharing,",
        f"(https://drive.google.com/file/d/{ID}/view)",
        f"https://www.google.com/url?q=https://drive.google.com/file/d/{ID}/view&sa=D&source=docs",
        f"https://www.google.com/url?sa=t&url=https%3A%2F%2Fdrive.google.com%2Fopen%3Fid%3D{ID}",
        f"{ID}/view?usp=sharing",
        f"id={ID}&export=download",
        f"gdown {ID}",
        f"gdown --id {ID}",
        f"gdown https://drive.google.com/uc?id={ID}",
        f"https://lh3.googleusercontent.com/d/{ID}=s220",
        f"see https://drive.google.com/file/d/{ID}/view, please",
        f"https://drive.google.com/open?id={ID} (or https://drive.google.com/file/d/{ID}/view)",
    ],
)
def test_every_common_form_of_a_link_leads_to_its_id(text: str) -> None:
    assert drive_id(text) == ID


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"https://drive.google.com/drive/folders/{ID}?usp=sharing", "this is a link to a folder"),
        (f"https://drive.google.com/drive/u/0/folders/{ID}", "this is a link to a folder"),
        (f"https://drive.google.com/embeddedfolderview?id={ID}", "this is a link to a folder"),
        (f"https://drive.google.com/folderview?id={ID}", "this is a link to a folder"),
        (f"https://drive.google.com/open?id={ID}, https://drive.google.com/open?id={ID}x", "this link names more"),
        (f"{ID} or another", "this is not a Google Drive id"),
        (f"https://docs.google.com/document/d/{ID}/edit", "this is a link to a Google document"),
        (f"https://docs.google.com/spreadsheets/d/{ID}/edit", "this is a link to a Google document"),
        (f"https://drive.google.com/open?id={ID}&id={ID}x", "this link names more than one file"),
        ("https://drive.google.com/drive/my-drive", "this link names no file"),
        (f"https://drive.google.com.example.org/file/d/{ID}", "this is not a link to Google Drive"),
        (f"https://drive.google.com@example.org/file/d/{ID}", "this is not a link to Google Drive"),
        (f"file://drive.google.com/file/d/{ID}", "this is not a link to Google Drive"),
        (f"https://[drive.google.com/file/d/{ID}", "this is not a link that can be read"),
        ("https://huggingface.co/a/b", "this is a link to Hugging Face, and files are taken from Google Drive alone"),
        ("https://www.dropbox.com/s/x/a.pt?dl=1", "this is a link to Dropbox"),
        ("https://zenodo.org/records/1/files/a.pt", "this is a link to Zenodo"),
        ("https://github.com/a/b/releases/download/v1/a.pt", "this is a link to GitHub"),
        ("https://we.tl/t-abc", "this is a link to WeTransfer"),
        ("https://1drv.ms/u/s!abc", "this is a link to OneDrive"),
        ("https://www.google.com/url?q=https://example.org/a.pt", "this is not a link to Google Drive"),
        (
            f"https://www.google.com/url?q=https://www.google.com/url?q=https://drive.google.com/open?id={ID}",
            "this is not a link",
        ),
        (f"[{ID}](https://drive.google.com/file/d/{ID[:-1]}9/view)", "the text of this link is another id"),
        (f"https://drive.google.com/open?id={ID}%0a", "this is not a Google Drive id"),
        (f"{ID}\n.pt", "this is not a link to Google Drive"),
        ("1short", "this is not a Google Drive id"),
        ("1" * 61, "this is not a Google Drive id"),
        ("../../etc/passwd", "this is not a link to Google Drive"),
        ("https://" + "a" * 1000, "this is far too long for a link"),
    ],
)
def test_what_leads_to_no_single_file_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(DriveLinkError) as caught:
        drive_id(text)
    assert caught.value.message.startswith(message)
    assert "paste that link" in caught.value.fix


@given(st.text() | st.from_regex(r"https?://drive\.google\.com/.{0,40}"))
def test_any_text_gives_a_safe_id_or_a_refusal(text: str) -> None:
    try:
        found = drive_id(text)
    except DriveLinkError:
        return
    assert 25 <= len(found) <= 60
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
