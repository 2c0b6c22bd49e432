/**
 * Before the tests: is nats-server there? Where it is not, and the system is a Debian that lets us, it is installed
 * from the distribution. Otherwise one sentence says what to do.
 */

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const FOLDERS = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];

function isInstalled(name) {
  return FOLDERS.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function run(command) {
  const [program, ...rest] = command;
  // stdout is kept clean for the tests' own report.
  return spawnSync(program, rest, { stdio: ["ignore", 2, 2] }).status === 0;
}

function install(debianPackage) {
  const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const apt = [...asRoot, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
  const wanted = ["install", "-y", "--no-install-recommends", debianPackage];
  if (run([...apt, ...wanted])) return;
  // The package lists may be missing or old.
  if (run([...apt, "update"])) run([...apt, ...wanted]);
}

if (!isInstalled("nats-server")) install("nats-server");
if (!isInstalled("nats-server")) {
  process.stderr.write(
    "The tests need nats-server 2.9.10 or later on the PATH: install it with `apt-get install nats-server`, or from https://nats.io/download.\n",
  );
  process.exitCode = 1;
}
