"""A small server that stands in for the Hub: it keeps commits in memory and serves their files.

It answers what huggingface_hub asks: facts of a repository, files, new repositories, commits. Large
files go the way of small ones here; the Hub's own way for them (Xet) is not stood in for.
"""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


class HubServer(ThreadingHTTPServer):
    """Serves on a free port of the loopback.

    Attributes:
        repositories: name -> list of (commit, {file: content}), the newest last.
        private: name -> whether it was made so.
        downloads: names of the files that were fetched.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories, self.private, self.downloads = {}, {}, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def commit(self, repo: str, files: dict[str, bytes]) -> str:
        commits = self.repositories.setdefault(repo, [])
        content = {**(commits[-1][1] if commits else {}), **files}
        name = hashlib.sha1(f"{len(commits)}{repo}".encode()).hexdigest()
        commits.append((name, content))
        return name

    def at(self, repo: str, revision: str):
        commits = self.repositories.get(repo)
        if commits is None:
            return None
        return {**dict(commits), "main": commits[-1][1]}.get(revision)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, content, status=200, headers=()):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **dict(headers)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        parts = [unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")]
        if parts[:2] == ["api", "models"]:
            return self.facts("/".join(parts[2:4]), parts[5] if len(parts) > 5 else "main")
        repo, revision, name = "/".join(parts[:2]), parts[3], "/".join(parts[4:])
        content = self.server.at(repo, revision)[name]
        if self.command == "GET":
            self.server.downloads.append(name)
        known = dict(self.server.repositories[repo])
        commit = revision if revision in known else list(known)[-1]
        return self.answer(content, headers={"ETag": f'"{blob(content)}"', "X-Repo-Commit": commit})

    do_HEAD = do_GET

    def facts(self, repo, revision):
        if repo not in self.server.repositories:
            return self.answer({}, 404, {"X-Error-Code": "RepoNotFound"})
        files = self.server.at(repo, revision)
        if files is None:
            return self.answer({}, 404, {"X-Error-Code": "RevisionNotFound"})
        commits = self.server.repositories[repo]
        siblings = [
            {"rfilename": name, "size": len(content), "blobId": blob(content)}
            for name, content in files.items()
        ]
        sha = commits[-1][0] if revision == "main" else revision
        facts = {"id": repo, "modelId": repo, "sha": sha, "siblings": siblings}
        return self.answer({**facts, "private": self.server.private.get(repo, False)})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        parts = urlsplit(self.path).path.strip("/").split("/")
        if parts == ["api", "repos", "create"]:
            asked = json.loads(body)
            repo = f"{asked['organization']}/{asked['name']}"
            if repo not in self.server.repositories:
                self.server.commit(repo, {".gitattributes": b""})
                self.server.private[repo] = asked["visibility"] == "private"
            return self.answer({"url": f"{self.server.endpoint}/{repo}"})
        if parts == ["api", "validate-yaml"]:
            return self.answer({"warnings": [], "errors": []})
        repo = "/".join(parts[2:4])
        if parts[4] == "preupload":
            files = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                for file in json.loads(body)["files"]
            ]
            return self.answer({"files": files})
        lines = [json.loads(line) for line in body.splitlines()]
        files = {
            line["value"]["path"]: base64.b64decode(line["value"]["content"])
            for line in lines
            if line["key"] == "file"
        }
        commit = self.server.commit(repo, files)
        url = f"{self.server.endpoint}/{repo}/commit/{commit}"
        return self.answer({"commitUrl": url, "commitOid": commit})


def blob(content: bytes) -> str:
    """The digest Git keeps a file under."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
