import { expect, test } from "@jest/globals";
import { addressRefusal, isAddressRange } from "./webhook-address.ts";

const CLOSED = { allowPrivate: false, allowed: [] };
const OPEN = { allowPrivate: true, allowed: [] };

test.each(["1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "2606:4700::1111", "2a00::1"])(
  "%s is public",
  (address) => expect(addressRefusal(address, CLOSED)).toBeNull(),
);

test.each([
  "127.0.0.1",
  "127.8.9.1",
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "::1",
  "fc00::1",
  "fd12:3456::1",
])("%s is private: refused, unless private ones are allowed", (address) => {
  expect(addressRefusal(address, CLOSED)).toBe("it is a loopback or private address");
  expect(addressRefusal(address, OPEN)).toBeNull();
});

test.each([
  "0.0.0.0",
  "100.64.0.1",
  "100.100.100.200",
  "168.63.129.16",
  "169.254.169.254",
  "169.254.0.1",
  "192.0.0.192",
  "192.0.2.1",
  "198.18.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "::",
  "::127.0.0.1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "::ffff:1.1.1.1",
  "::ffff:169.254.169.254",
  "64:ff9b::7f00:1",
  "64:ff9b::a9fe:a9fe",
  "fe80::1",
  "fec0::1",
  "ff02::1",
  "fd00:ec2::254",
  "2001:db8::1",
  "2001::1",
  "2002:7f00:1::",
  "4000::1",
  "localhost",
  "",
  "1.1.1",
])("%s is refused even where private ones are allowed", (address) => {
  expect(addressRefusal(address, OPEN)).not.toBeNull();
});

test("a range that is allowed opens itself, and never what wraps it", () => {
  const policy = { allowPrivate: false, allowed: ["10.1.0.0/16", "169.254.7.7", "fd00::/8"] };
  expect(addressRefusal("10.1.2.3", policy)).toBeNull();
  expect(addressRefusal("169.254.7.7", policy)).toBeNull();
  expect(addressRefusal("fd00::1", policy)).toBeNull();
  expect(addressRefusal("10.2.0.1", policy)).not.toBeNull();
  expect(addressRefusal("169.254.7.8", policy)).not.toBeNull();
  expect(addressRefusal("::ffff:10.1.2.3", policy)).not.toBeNull();
});

test.each([
  ["10.0.0.0/8", true],
  ["::1", true],
  ["fd00::/128", true],
  ["10.0.0.0/33", false],
  ["10.0.0.0/8/8", false],
  ["10.0.0.0/", false],
  ["localhost", false],
])("is %s a range? %s", (text, expected) => expect(isAddressRange(text)).toBe(expected));
