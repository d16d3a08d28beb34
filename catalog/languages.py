"""Human languages by their ISO 639 codes, and what publishers write instead of one."""

import re
from collections.abc import Mapping

from django.conf.locale import LANG_INFO

LANGUAGES: Mapping[str, str] = {
    **{code: entry["name"] for code, entry in LANG_INFO.items() if "name" in entry},
    "zh": "Chinese",
    "no": "Norwegian",
    "la": "Latin",
    "mt": "Maltese",
    "yo": "Yoruba",
    "ps": "Pashto",
    "am": "Amharic",
    "gu": "Gujarati",
    "si": "Sinhala",
    "so": "Somali",
    "ha": "Hausa",
    "zu": "Zulu",
    "xh": "Xhosa",
    "jv": "Javanese",
    "su": "Sundanese",
    "tl": "Tagalog",
    "yi": "Yiddish",
    "lo": "Lao",
    "sa": "Sanskrit",
    "or": "Odia",
    "as": "Assamese",
    "sd": "Sindhi",
    "fo": "Faroese",
    "rw": "Kinyarwanda",
    "mg": "Malagasy",
    "sn": "Shona",
    "ht": "Haitian Creole",
    "multilingual": "Several languages",
    "code": "Program code",
}

_BY_NAME = {name.lower(): code for code, name in LANGUAGES.items()}
# Two letters that are far more often an abbreviation of the field than the language they would be.
_NO_LANGUAGE = {"cv", "ml", "rl", "ai", "tf", "io", "os", "vl", "qa", "ie"}
_CODE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,2}")


def language_code(written: object) -> str:
    """The code of a language as a card writes it: "EN", "English", "zh_CN"; empty if it is none.

    YAML reads Norwegian's `no` as false, which is therefore Norwegian.
    """
    if written is False:
        return "no"
    if not isinstance(written, str):
        return ""
    plain = written.strip().lower().replace("_", "-")
    code = _BY_NAME.get(plain, plain)
    return code if code in LANGUAGES or _CODE.fullmatch(code) else ""


def is_language_tag(tag: str) -> bool:
    """Whether a bare tag is surely a language; many other two letters stand beside it."""
    return tag in LANGUAGES and tag not in _NO_LANGUAGE
