"""Wrong arguments of a provisioner, each with the line it must give."""

from __future__ import annotations

from tests.unit.spec.bad_images import DURATION, EMPTY, MISSING_FILE, Wrong

VARIABLE = "use letters, digits and _, no digit first"
NULL = "holds a null character, which no command and no path can; take it out"
NULL_IN_VARIABLE = "holds a null character, which no variable can; take it out"
ONE_WORD = "is not one word to a shell; use letters, digits and _ @ % + = : , . / ~ -"
TOO_LONG = "cannot be read: File name too long; correct the path"
NO_SCRIPT = "'folder/' in PROJECT is no file; correct the path"

SHELL = {"type": "shell", "inline": ["true"]}
LOCAL = {"type": "shell-local", "command": "true"}
FILE = {"type": "file", "source": "here", "destination": "/root/x"}

BAD_PROVISIONER: list[Wrong] = [
    ({"type": "shell"}, "inline", "nothing to run; give inline, script or scripts"),
    ({"type": "shell", "inline": []}, "inline", "nothing to run; give inline, script or scripts"),
    ({**SHELL, "script": "here"}, "script", "and inline are both given; give one of inline, script, scripts"),
    ({**SHELL, "scripts": ["here"]}, "scripts", "and inline are both given; give one of inline, script, scripts"),
    ({"type": "shell", "scripts": ["here", "gone"]}, "scripts[1]", f"'gone'{MISSING_FILE}"),
    ({"type": "shell", "scripts": "here"}, "scripts", "'here' is a text; give a list"),
    ({**SHELL, "environment_vars": ["planted"]}, "environment_vars", "entry 0 has no '='; write KEY=value"),
    (
        {**SHELL, "environment_vars": ["=planted"]},
        "environment_vars",
        f"entry 0 does not begin with a variable name; {VARIABLE}",
    ),
    ({**SHELL, "environment_vars": {"A-B": "planted"}}, "environment_vars", f"'A-B' is no variable name; {VARIABLE}"),
    ({**SHELL, "env": {"1": "planted"}}, "env", f"'1' is no variable name; {VARIABLE}"),
    ({**SHELL, "env": ["A=planted"]}, "env", "is a list; give a dictionary"),
    (
        {**SHELL, "execute_command": "sh {{.Pth}} {{.Path}}"},
        "execute_command",
        "{{.Pth}} is no field; one of Path, Vars, EnvVarFile",
    ),
    ({**SHELL, "execute_command": "sh"}, "execute_command", "does not run the script; use {{.Path}}"),
    (
        {**SHELL, "env_var_format": "%s"},
        "env_var_format",
        "'%s' needs two %s, the name and the value, and %% for any other %",
    ),
    (
        {**SHELL, "env_var_format": "%s=%s %d"},
        "env_var_format",
        "'%s=%s %d' needs two %s, the name and the value, and %% for any other %",
    ),
    ({**SHELL, "valid_exit_codes": [0, "1"]}, "valid_exit_codes[1]", "'1' is a text; give a whole number"),
    ({**SHELL, "max_retries": 101}, "max_retries", "101 is out of range; give 0 to 100"),
    ({**SHELL, "pause_before": -1.5}, "pause_before", "-1.5 is too short; give at least 0 s"),
    ({**SHELL, "pause_after": "a while"}, "pause_after", f"'a while'{DURATION}"),
    ({**SHELL, "start_retry_timeout": "1 m"}, "start_retry_timeout", f"'1 m'{DURATION}"),
    ({**SHELL, "binary": "no"}, "binary", "'no' is a text; give True or False"),
    ({**SHELL, "only_on": ["linux"]}, "only_on", "is not an argument; docs/arguments.md lists them"),
    ({"type": "shell-local"}, "inline", "nothing to run; give command, inline, script or scripts"),
    ({**LOCAL, "script": "here"}, "script", "and command are both given; give one of command, inline, script, scripts"),
    (
        {**LOCAL, "execute_command": ["sh", "{{.Path}}"]},
        "execute_command",
        "{{.Path}} is no field; one of Script, Command, Vars",
    ),
    ({**LOCAL, "execute_command": "sh"}, "execute_command", "'sh' is a text; give a list"),
    ({**LOCAL, "only_on": "linux"}, "only_on", "'linux' is a text; give a list"),
    ({"type": "file", "destination": "/x"}, "source", "nothing to move; give source, sources or content"),
    (
        {"type": "file", "destination": "/x", "sources": []},
        "source",
        "nothing to move; give source, sources or content",
    ),
    (
        {"type": "file", "source": "here"},
        "destination",
        "is required: Path on the host; for a download, the local path.",
    ),
    ({**FILE, "source": "gone"}, "source", f"'gone'{MISSING_FILE}"),
    ({**FILE, "content": "x"}, "content", "and source are both given; give one of source, sources, content"),
    ({**FILE, "direction": "sideways"}, "direction", "'sideways' is not one of upload, download"),
    (
        {"type": "file", "content": "x", "destination": "/x", "direction": "download"},
        "content",
        "cannot be downloaded; set direction to upload",
    ),
    (
        {"type": "file", "content": "x", "destination": "/x/"},
        "destination",
        "'/x/' is a directory; give the path of the file to write",
    ),
    ({"type": "shell", "script": "folder"}, "script", "'folder' in PROJECT is no file; correct the path"),
    ({"type": "shell", "script": "x" * 300}, "script", f"'{'x' * 75}…' {TOO_LONG}"),
    ({"type": "shell", "script": "a\0b"}, "script", f"'a\\x00b'{MISSING_FILE}"),
    ({"type": "shell-local", "scripts": ["here", "folder/"]}, "scripts[1]", NO_SCRIPT),
    ({**SHELL, "env": {"A": "planted\0"}}, "env", f"'A' {NULL_IN_VARIABLE}"),
    ({**SHELL, "environment_vars": ["A=1", "B=planted\0"]}, "environment_vars", f"entry 1 {NULL_IN_VARIABLE}"),
    ({**SHELL, "environment_vars": {"A": 5}}, "environment_vars.A", "is a number; give a text"),
    ({**SHELL, "execute_command": "sh {{.Path}}\0"}, "execute_command", NULL),
    ({**SHELL, "remote_folder": "/tmp/a b"}, "remote_folder", f"'/tmp/a b' {ONE_WORD}"),
    ({**SHELL, "remote_file": "$x.sh"}, "remote_file", f"'$x.sh' {ONE_WORD}"),
    ({**SHELL, "remote_path": ""}, "remote_path", f"'' {ONE_WORD}"),
    ({**LOCAL, "command": "true\0"}, "command", NULL),
    ({**LOCAL, "execute_command": ["sh", "-c\0", "{{.Script}}"]}, "execute_command[1]", NULL),
    ({**FILE, "destination": " "}, "destination", EMPTY),
    ({**FILE, "destination": "/x\0"}, "destination", NULL),
    ({**FILE, "sources": ["here"]}, "sources", "and source are both given; give one of source, sources, content"),
]
