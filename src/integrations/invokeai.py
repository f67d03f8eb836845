"""InvokeAI: every picture that a generation writes is marked, and its file signed.

InvokeAI has no hook for saving: all files go through ``services.image_files``, which is wrapped
here, once, when the server has started. Its thumbnails (WebP, 256 px) are made from the marked
picture, but are small, and carry no manifest: they are copies without credentials. Pictures that
people upload are left as they are: nobody here made them.
"""

from __future__ import annotations

import contextvars
import functools
from pathlib import Path
from typing import Any, Final

from indelible.errors import ArgumentError
from indelible.integrations.pictures import marked_pil
from indelible.protection import Protector

__all__ = ["protect_services"]

# Whether the picture that is being written was uploaded.
_uploaded: Final = contextvars.ContextVar("uploaded", default=False)


def protect_services(services: Any, protector: Protector) -> None:
    """Protect what InvokeAI writes, from now on.

    Parameters
    ----------
    services : InvocationServices
        ``ApiDependencies.invoker.services``, of a server that has started. Its ``images.create`` is
        wrapped to know uploads, and its ``image_files.save`` to protect the rest.
    protector : Protector
        Who marks, signs and registers. Intermediate pictures, which nodes write on the way, are
        registered, too.

    Raises
    ------
    ArgumentError
        If the services have not what is wrapped, or are protected already.

    Notes
    -----
    Where a picture cannot be protected, saving raises, its file is removed, and the node fails.
    """
    files: Any = getattr(services, "image_files", None)
    images: Any = getattr(services, "images", None)
    if not all(callable(getattr(*one, None)) for one in ((files, "save"), (images, "create"))):
        raise ArgumentError(
            "services",
            "These services have no image_files.save and images.create.",
            hint="Give ApiDependencies.invoker.services, once the server has started.",
        )
    if hasattr(files, "_indelible"):
        raise ArgumentError("services", "These services are protected already.")
    create, save = images.create, files.save

    @functools.wraps(create)
    def creating(*args: Any, **kwargs: Any) -> Any:
        origin = kwargs.get("image_origin", args[1] if len(args) > 1 else None)
        token = _uploaded.set(str(getattr(origin, "value", origin)) == "external")
        try:
            return create(*args, **kwargs)
        finally:
            _uploaded.reset(token)

    @functools.wraps(save)
    def saving(image: Any, image_name: str, *args: Any, **kwargs: Any) -> None:
        if _uploaded.get():
            save(image, image_name, *args, **kwargs)
            return
        made = protector.protect(image, format="png")
        save(marked_pil(image, made), image_name, *args, **kwargs)
        path = Path(files.get_path(image_name))
        try:
            protector.derive(path, path, overwrite=True)
        except BaseException:
            files.delete(image_name)
            raise

    images.create, files.save, files._indelible = creating, saving, True  # noqa: SLF001 - our mark
