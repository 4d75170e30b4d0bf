import { daemonWords, routerEnvironment } from "#agent/packaging/launch.ts";
import { addresses } from "../../bench/router/router-stage.ts";
import { plugPort } from "../../nightly/machine.ts";

/** Of the flash: NAND's pages and blocks, as in many routers, over memory that the host keeps. */
export const flash = { size: 16 * 1024 * 1024, block: 128 * 1024, page: 2048 } as const;

/** When the power of one life of the machine fails. */
export interface PowerCut {
  /** Page programs and block erases after the journal was looked at; the next one is torn. */
  readonly operations: number;
  /** Of what the torn one leaves behind; not 0. */
  readonly seed: number;
}

/** What a life is furnished with: paths of the host, which the machine sees as they are. */
export interface LifePlaces {
  readonly bundle: string;
  readonly config: string;
  /** The module of failing-flash.c. */
  readonly module: string;
  readonly mountPoint: string;
}

/**
 * One life of a router, as its first script: flash is attached, the journal is shown to the host as it
 * is found, and the agent started on it, until the power fails in the middle of a write, if it does.
 */
export function lifeScript(
  { bundle, config, module, mountPoint }: LifePlaces,
  cut: PowerCut | undefined,
): string {
  const environment = Object.entries(routerEnvironment).map(([name, value]) => `${name}=${value}`);
  const words = daemonWords(config, bundle).join(" ");
  const parameters = "/sys/module/failing_flash/parameters";
  const arm =
    cut === undefined
      ? ""
      : `echo ${cut.seed} > ${parameters}/seed; echo ${cut.operations} > ${parameters}/left`;
  return `
for one in virtio_net wireguard sch_htb sch_fq_codel nft_quota; do modprobe $one 2>/dev/null; done
for one in phram ubi ubifs; do modprobe $one || exit 1; done
for one in /sys/bus/pci/devices/*; do
  case "$(cat $one/vendor) $(cat $one/device)" in "0x1af4 0x1110") memory=$one;; esac
done
echo 1 > $memory/enable
at=$(sed -n 3p $memory/resource | cut -d" " -f1)
echo "kept,$at,${flash.size},${flash.block}" > /sys/module/phram/parameters/phram || exit 1
insmod ${module} page_size=${flash.page} plug=${plugPort} || exit 1
ubiattach -m 1 > /run/ubi.log 2>&1 || { cat /run/ubi.log; dmesg | tail -20; exit 1; }
[ -d /sys/class/ubi/ubi0_0 ] || ubimkvol /dev/ubi0 -N journal -m || exit 1
mkdir -p ${mountPoint} /run/wireguard
mount -t ubifs ubi0:journal ${mountPoint} || { dmesg | tail -20; exit 1; }
show() { echo "{\\"phase\\":\\"$1\\",\\"journal\\":\\"$(tar -C ${mountPoint} -cz . 2>/dev/null | base64 -w 0)\\"}"; }
show found
ip address add ${addresses.router}/24 dev eth0
ip link set eth0 up
${arm}
env ${environment.join(" ")} ${process.execPath} ${words} > /run/agent.log 2>&1 &
agent=$!
while kill -0 $agent; do ${cut === undefined ? "show running" : ":"}; sleep 10; done
tail -20 /run/agent.log
exit 1
`;
}
