import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitEndpoint } from "#adapters/tunnel/endpoint.ts";
import { parseLinks } from "#adapters/tunnel/link-list.ts";

describe("what ip prints about links", () => {
  test("kinds are told apart, and what has none is of another", () => {
    const text = JSON.stringify([
      { ifname: "lo" },
      { ifname: "wg", linkinfo: { info_kind: "wireguard" } },
      { ifname: "go", linkinfo: { info_kind: "tun", info_data: {} } },
      { ifname: "br", linkinfo: { info_kind: "bridge" } },
      { ifname: "odd", linkinfo: null },
    ]);
    expect(parseLinks(text).map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      "lo other",
      "wg kernel",
      "go userspace",
      "br other",
      "odd other",
    ]);
    expect(parseLinks("")).toEqual([]);
  });

  test("anything else is an Error, never another answer", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          for (const { name } of parseLinks(text)) expect(typeof name).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
    for (const text of ["{}", "[1]", "[null]", '[{"ifname":7}]']) {
      expect(() => parseLinks(text)).toThrow();
    }
  });
});

describe("endpoints", () => {
  test("host:port is split, IPv6 in brackets", () => {
    expect(splitEndpoint("10.0.0.1:51820")).toEqual({ host: "10.0.0.1", port: 51_820 });
    expect(splitEndpoint("mesh.example.net:1")).toEqual({ host: "mesh.example.net", port: 1 });
    expect(splitEndpoint("[fe80::1%to-b.1]:52000")).toEqual({
      host: "fe80::1%to-b.1",
      port: 52_000,
    });
    for (const zone of ["%", "%-x", "%a/b", "%abcdefghijklmnop", "%a b", "%eth0%eth0"]) {
      expect(splitEndpoint(`[fe80::1${zone}]:1`)).toBeUndefined();
    }
    expect(splitEndpoint("[fd00::1]:65535")).toEqual({ host: "fd00::1", port: 65_535 });
  });

  test("anything else is none", () => {
    for (const text of ["", ":1", "host", "host:", "host:0", "host:65536", "host:-1", "a b:1"]) {
      expect(splitEndpoint(text)).toBeUndefined();
    }
    for (const text of ["fd00::1:5", "[host]:1", "[1.2.3.4]:1", "a\nb:1", `${"a".repeat(254)}:1`]) {
      expect(splitEndpoint(text)).toBeUndefined();
    }
  });
});
