# SPDX-License-Identifier: Apache-2.0
"""Counts in a component's comment, as one of several clients: reads, adds one, writes with the revision that it
read, and tries again when somebody was faster. One line on stdout for each edit that was answered.

usage: edit_counters.py HOST:PORT COMPONENT EDITS"""
import http.client
import json
import sys


def call(address, method, path, body=None):
    connection = http.client.HTTPConnection(address, timeout=120)
    connection.request(method, path, None if body is None else json.dumps(body))
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def main():
    address, component, edits = sys.argv[1], sys.argv[2], int(sys.argv[3])
    done = 0
    while done < edits:
        _, read = call(address, "GET", "/api/v1/flow")
        found = [p for p in read["flow"]["processors"] if p["id"] == component][0]
        number = int(found.get("comment", "0")) + 1
        change = {"op": "update", "id": component, "value": {"comment": str(number)}}
        status, answer = call(address, "POST", "/api/v1/changes",
                              {"revision": read["revision"], "who": "counter", "changes": [change]})
        if status == 409:
            continue
        if status != 200:
            sys.exit(json.dumps(answer))
        done += 1
        print(number, flush=True)


try:
    main()
except (ConnectionError, http.client.HTTPException):
    sys.exit("the server is gone")
