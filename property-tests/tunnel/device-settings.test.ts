import { isIPv6 } from "node:net";
import * as Redacted from "effect/Redacted";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressBytes } from "#adapters/netlink/network-address.ts";
import { deviceSettings, socketAddress } from "#adapters/tunnel/device-settings.ts";
import { attribute } from "../counters/pretend-kernel.ts";

const key = (letter: string) => Buffer.alloc(32, letter);
const sixteen = (value: number) => Buffer.from([value & 0xff, value >> 8]);
const thirtyTwo = (value: number) => Buffer.from([value, 0, 0, 0]);
const nested = 0x8000;

describe("what the kernel's WireGuard is told", () => {
  test("is, byte for byte, what linux/wireguard.h says, by an encoder of its own", () => {
    const plan = {
      name: "tolla0",
      privateKey: Redacted.make(key("s").toString("base64")),
      listenPort: 51_820,
      ownAddress: "fe80::1",
      peerKey: key("p").toString("base64"),
      endpoint: "192.0.2.7:258",
    };
    const everything = (family: number, size: number) =>
      attribute(
        nested,
        Buffer.concat([
          attribute(1, sixteen(family)),
          attribute(2, Buffer.alloc(size)),
          attribute(3, Buffer.from([0])),
        ]),
      );
    const stranger = attribute(
      nested,
      Buffer.concat([attribute(1, key("x")), attribute(3, thirtyTwo(1))]),
    );
    const peer = Buffer.concat([
      attribute(1, key("p")),
      attribute(3, thirtyTwo(2)),
      attribute(4, Buffer.from([2, 0, 1, 2, 192, 0, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0])),
      attribute(5, sixteen(25)),
      attribute(nested | 9, Buffer.concat([everything(2, 4), everything(10, 16)])),
    ]);
    const expected = Buffer.concat([
      attribute(2, Buffer.from("tolla0\0")),
      attribute(3, key("s")),
      attribute(6, sixteen(51_820)),
      attribute(nested | 8, Buffer.concat([stranger, attribute(nested, peer)])),
    ]);
    const told = deviceSettings(plan, [key("x").toString("base64")]);
    expect(Buffer.from(told).toString("hex")).toBe(expected.toString("hex"));
    const waits = Buffer.from(deviceSettings({ ...plan, endpoint: undefined }, []));
    expect(waits.includes(Buffer.from([192, 0, 2, 7]))).toBe(false);
  });

  test("an IPv6 endpoint is a sockaddr_in6, and a name is refused", () => {
    const bytes = Buffer.from(socketAddress("[2001:db8::7]:258"));
    expect(bytes.toString("hex")).toBe(
      `0a00${"0102"}00000000${"20010db8000000000000000000000007"}00000000`,
    );
    const local = Buffer.from(
      socketAddress("[fe80::7%to-b]:258", (zone) => (zone === "to-b" ? 9 : 0)),
    );
    expect(local.toString("hex")).toBe(
      `0a00${"0102"}00000000${"fe800000000000000000000000000007"}09000000`,
    );
    const gone = Buffer.from(socketAddress("[fe80::7%to-b]:258", () => undefined));
    expect(gone.subarray(24).toString("hex")).toBe("00000000");
    expect(() => socketAddress("example.net:1")).toThrow("not an IPv4 or IPv6 address");
  });

  test("addresses have the bytes that their canonical text stands for, however they are written", () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        fc.pre(isIPv6(text));
        const bytes = Buffer.from(addressBytes(text));
        const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
        const canonical = (one: string) => new URL(`http://[${one}]/`).hostname;
        expect(canonical(groups.join(":"))).toBe(canonical(text));
      }),
    );
    expect([...addressBytes("10.0.7.255")]).toEqual([10, 0, 7, 255]);
    expect(() => addressBytes("fe80::1%eth0")).toThrow(RangeError);
  });
});
