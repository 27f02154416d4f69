"""The virtual environment that the comparisons with Python programs share, in the cache."""
import os
import pathlib
import subprocess
import sys

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "paretop"
WORK = CACHE / "lm-eval"


def enter(needed, wished=()):
    """Runs the calling script again in the environment, which is made when absent, with these modules
    (pip; some 6 GB for torch, whose wheel has its GPU libraries with it). Exit 77 when what is needed
    cannot be had; what is only wished for may be absent."""
    python = WORK / "venv" / "bin" / "python"
    if pathlib.Path(sys.prefix) == WORK / "venv":
        return
    have = lambda modules: subprocess.run([str(python), "-c", "import " + ", ".join(modules)],
                                          capture_output=True).returncode == 0
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(WORK / "venv")], check=True)
    for modules in filter(None, (needed, wished)):
        if have(modules):
            continue
        packages = [module.replace("_", "-") for module in modules]
        print("installing " + ", ".join(packages), file=sys.stderr)
        failed = subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages]).returncode
        if failed and modules is needed:
            print(", ".join(packages) + " cannot be had")
            sys.exit(77)
    os.execv(python, [str(python), *sys.argv])
