"""Serves a folder over HTTP on the loopback, well and badly, until its standard input ends.

usage: download_server.py FOLDER PORT_FILE

/good/NAME serves the file, /short/NAME breaks off halfway, /stall/NAME stops sending halfway,
/redirect/NAME sends on to /good/NAME; anything else is 404. The requests are logged, one path a
line, to PORT_FILE.log.
"""
import http.server
import os
import sys
import threading

folder, port_file = sys.argv[1:]
ended = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(port_file + ".log", "a") as log:
            log.write(self.path + "\n")
        way, _, name = self.path.lstrip("/").partition("/")
        path = os.path.join(folder, name)
        if way == "redirect":
            self.send_response(302)
            self.send_header("Location", "/good/" + name)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if way not in ("good", "short", "stall") or not os.path.isfile(path):
            self.send_error(404)
            return
        body = open(path, "rb").read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if way == "good" else body[: len(body) // 2])
        if way == "stall":
            self.wfile.flush()
            ended.wait(60)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(port_file + ".new", "w") as file:
    file.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
ended.set()
