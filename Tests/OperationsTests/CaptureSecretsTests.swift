import Foundation
import Inventory
import Machine
import Operations
import TestHosts
import Testing

/// What a redacted archive must not hold, in whatever form, and what it must still answer.
@Suite struct CaptureSecretsTests {
    /// A host with secrets of every kind, each in the files that a real one has it in.
    private static func host() throws -> TestHost {
        var host = try TestHost.named("i226-router")
        let nic = "/sys/devices/pci0000:00/0000:00:1c.0/0000:01:00.0"
        host.file("\(nic)/net/eth0/address", "a8:b8:e0:04:17:9c")
        host.file(
            "/sys/devices/pci0000:00/0000:00:1c.1/0000:02:00.0/net/eth1/address",
            "A8-B8-E0-5D-21-F3".lowercased()
                .replacingOccurrences(of: "-", with: ":")
        )
        // A card's serial number is its MAC address with FFFF in the middle, the low byte first.
        var config = [UInt8](repeating: 0, count: 4096)
        if case .file(let bytes, _)? = host.nodes["\(nic)/config"] {
            config.replaceSubrange(0..<bytes.count, with: bytes)
        }
        config.replaceSubrange(0x100..<0x10C, with: [3, 0, 1, 0, 0x9C, 0x17, 0x04, 0xFF, 0xFF, 0xE0, 0xB8, 0xA8])
        config.replaceSubrange(0x200..<0x206, with: [0xA8, 0xB8, 0xE0, 0x04, 0x17, 0x9C])
        host.file("\(nic)/config", bytes: config)
        host.file(
            "/proc/net/if_inet6",
            """
            fe80000000000000aab8e0fffe04179c 02 40 20 80     eth0
            2a0e97c04d3a17b2aab8e0fffe04179c 02 40 00 00     eth0
            fd5c8e21b7a40000000000000000001f 07 40 00 80   br-lan
            2a0e97c04d3a17b26f1d83e2905ab4c7 02 40 01 00     eth0
            00000000000000000000000000000001 01 80 10 80       lo
            """
        )
        host.file(
            "/proc/net/ipv6_route",
            """
            2a0e97c04d3a17b20000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
            00000000000000000000000000000000 00 00000000000000000000000000000000 00 2a0e97c04d3a17b20000000000000001 00000400 00000001 00000000 00000003     eth0
            """
        )
        host.file(
            "/proc/net/route",
            """
            Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
            eth0\t00000000\t0148D9C1\t0003\t0\t0\t0\t00000000\t0\t0\t0
            eth0\t0048D9C1\t00000000\t0001\t0\t0\t0\t00F8FFFF\t0\t0\t0
            br-lan\t004DA8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
            """
        )
        host.file(
            "/proc/net/fib_trie",
            """
            Main:
              +-- 0.0.0.0/0 3 0 5
                 |-- 0.0.0.0
                    /0 universe UNICAST
                 |-- 193.217.72.0
                    /21 link UNICAST
                 |-- 193.217.74.183
                    /32 host LOCAL
                 |-- 192.168.77.0
                    /24 link UNICAST
                 |-- 192.168.77.13
                    /32 host LOCAL
            """
        )
        host.file("/proc/sys/kernel/hostname", "grizabella")
        host.file("/sys/class/dmi/id/product_uuid", "7c9e6679-7425-40de-944b-e07fc1f90ae7")
        host.file("/sys/class/dmi/id/product_serial", "PF3KZ91Q")
        let line = [
            "root=PARTUUID=4f68bce3-e8cd-4db1-96e7-fbcaf984b709",
            "ip=193.217.74.183::193.217.72.1:255.255.248.0:grizabella:eth0",
            "cryptkey=/dev/sdb:2048:hunter2hunter2", "rd.luks.uuid=luks-6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            "rd.luks.key=/keys/ravenclaw.key", "ds=nocloud;h=grizabella-two;s=http://metadata.rumpelteazer.example/",
            "BOOTIF=01-a8-b8-e0-04-17-9c", "ifname=wan0:a8:b8:e0:5d:21:f3",
            "netroot=iscsi:macavity:skimbleshanks@198.51.100.23::3260::iqn.2001-04.example",
            "systemd.set_credential=pw:bustopher",
            "rd.znet=qeth,0.0.0600,0.0.0601,0.0.0602,layer2=1", "wpa.psk=mungojerrie",
            "nfsroot=10.44.55.66:/srv/victoria",
            "unifi_token=d0d0cafe1234", "foo.pin=471195", "machine_owner=jennyanydots", "intel_iommu=on", "iommu=pt",
            "quiet",
        ].joined(separator: " ")
        host.file("/proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz \(line)")
        host.file(
            "/boot/grub/grub.cfg",
            """
            set superusers="rumtumtugger"
            password_pbkdf2 rumtumtugger grub.pbkdf2.sha512.10000.C0FFEE
            set cmdline_ext="intel_iommu=on iommu=pt"
            menuentry "iStoreOS" {
            \tlinux /boot/vmlinuz \(line) $cmdline_ext
            }
            """
        )
        host.file(
            "/etc/default/grub",
            """
            # asked coricopat about this
            GRUB_CMDLINE_LINUX="\(line)"
            """
        )
        host.file(
            "/etc/modprobe.d/owner.conf",
            """
            # tantomile set this up
            options foo key=electra99 name=admetus
            options rtw_thing mac=a8:b8:e0:04:17:9c password=pouncival
            options vfio-pci ids=8086:125c disable_vga=1
            options kvm ignore_msrs=1
            """
        )
        host.file(
            "/proc/self/mountinfo",
            (host.text("/proc/self/mountinfo") ?? "") + """
                90 1 0:50 / /mnt/nas rw - cifs //alonzo-nas.example/share rw,username=tumblebrutus,domain=jellicle,addr=10.44.55.67
                """
        )
        return host
    }

    /// The secrets, by what they are.
    static let macs = ["a8b8e004179c", "a8b8e05d21f3"]
    static let addresses4 = [
        "193.217.74.183", "193.217.72.1", "193.217.72.0", "192.168.77.13", "198.51.100.23", "10.44.55.66",
        "10.44.55.67",
    ]
    static let addresses6 = [
        "fe80000000000000aab8e0fffe04179c", "2a0e97c04d3a17b2aab8e0fffe04179c", "fd5c8e21b7a40000000000000000001f",
        "2a0e97c04d3a17b26f1d83e2905ab4c7", "2a0e97c04d3a17b20000000000000001",
    ]
    static let words = [
        "grizabella", "7c9e6679-7425-40de-944b-e07fc1f90ae7", "PF3KZ91Q", "4f68bce3-e8cd-4db1-96e7-fbcaf984b709",
        "hunter2hunter2", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "ravenclaw", "grizabella-two", "rumpelteazer",
        "macavity",
        "skimbleshanks", "iqn.2001-04.example", "bustopher", "mungojerrie", "victoria", "d0d0cafe1234", "471195",
        "jennyanydots", "rumtumtugger", "C0FFEE", "coricopat", "tantomile", "electra99", "admetus", "pouncival",
        "alonzo-nas",
        "tumblebrutus", "jellicle",
    ]

    private static func bytes(_ digits: String) -> [UInt8] {
        stride(from: 0, to: digits.utf8.count, by: 2).compactMap { UInt8(digits.dropFirst($0).prefix(2), radix: 16) }
    }

    /// Every way to write bytes: as they are and reversed; digits small and large, with the usual marks; decimal; base64.
    private static func forms(of bytes: [UInt8]) -> [Data] {
        var forms: [Data] = []
        for bytes in [bytes, Array(bytes.reversed())] {
            forms += [
                Data(bytes), Data(Data(bytes).base64EncodedString().drop { $0 == "=" }.utf8.prefix { $0 != 0x3D }),
            ]
            let pairs = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            for mark in ["", ":", "-", ".", " "] {
                forms += [
                    Data(pairs.joined(separator: mark).utf8), Data(pairs.joined(separator: mark).uppercased().utf8),
                ]
            }
            let number = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            if bytes.count <= 8 { forms.append(Data(String(number).utf8)) }
            forms.append(Data(bytes.map(String.init).joined(separator: ".").utf8))
        }
        return forms
    }

    static func forms(of secret: String) -> [Data] {
        if macs.contains(secret) {
            let mac = bytes(secret)
            let turned = [mac[0] ^ 2] + mac[1...]
            return [mac, turned].flatMap { mac in
                forms(of: mac) + [0xFE, 0xFF].flatMap { forms(of: mac[..<3] + [0xFF, $0] + mac[3...]) }
            } + [Data("\(secret.prefix(4)).\(secret.dropFirst(4).prefix(4)).\(secret.suffix(4))".utf8)]
        }
        if addresses4.contains(secret) { return forms(of: secret.split(separator: ".").compactMap { UInt8($0) }) }
        if addresses6.contains(secret) { return forms(of: bytes(secret)) + [Data(IPAddress.text(bytes(secret)).utf8)] }
        return [Data(secret.utf8), Data(secret.lowercased().utf8), Data(secret.uppercased().utf8)]
            + forms(of: Array(secret.utf8)).filter { $0.count >= 5 }
    }

    @Test func noSecretIsThereInAnyForm() throws {
        let secrets = Self.macs + Self.addresses4 + Self.addresses6 + Self.words
        #expect(secrets.count >= 40)
        let host = try Self.host()
        let whole = Data(try Capture.run(host.machine, redacting: false).archive)
        let archive = Data(try Capture.run(host.machine, redacting: true).archive)
        var planted = 0
        for secret in secrets {
            let forms = Self.forms(of: secret)
            if forms.contains(where: { whole.range(of: $0) != nil }) { planted += 1 }
            for form in forms where form.count >= 4 {
                guard let found = archive.range(of: form) else { continue }
                let around = archive[max(0, found.lowerBound - 40)..<min(archive.count, found.upperBound + 40)]
                Issue.record("\(secret) is in the archive: \(String(decoding: around, as: UTF8.self))")
            }
        }
        #expect(planted >= 38, "secrets that a whole capture holds")
    }

    @Test func relationsAndAnswersStay() throws {
        let host = try Self.host()
        let capture = try Capture.run(host.machine, redacting: true)
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let again = try Machine.captured(at: sandbox.write(capture.archive, as: "host.tar"))
        let (before, after) = (Inventory.Host.read(host.machine, .all), Inventory.Host.read(again, .all))
        #expect(Doctor.run(again).reason == Doctor.run(host.machine).reason)
        #expect(Doctor.run(again).findings.map(\.verdict) == Doctor.run(host.machine).findings.map(\.verdict))
        #expect(Devices.run(again).devices?.map(\.verdict) == Devices.run(host.machine).devices?.map(\.verdict))
        #expect(Devices.run(again).devices?.map(\.driver) == Devices.run(host.machine).devices?.map(\.driver))
        #expect(after.network?.interfaces.map(\.hasDefaultRoute) == before.network?.interfaces.map(\.hasDefaultRoute))
        #expect(after.network?.interfaces.map(\.addresses.count) == before.network?.interfaces.map(\.addresses.count))
        #expect(after.storage?.mounts.map(\.devices) == before.storage?.mounts.map(\.devices))
        #expect(after.storage?.unplaced == before.storage?.unplaced)
        // A card's serial number still is its MAC address.
        let serial = after.functions.compactMap(\.details?.capabilities?.serialNumber).first
        let mac = try #require(after.network?.interface("eth0")?.mac)
        #expect(mac != before.network?.interface("eth0")?.mac)
        let parts = mac.split(separator: ":")
        #expect(serial == (parts[..<3] + ["ff", "ff"] + parts[3...]).joined(separator: "-"))
        // The gateway still is in the network of its interface, whose prefix is no whole number of bytes.
        let eth0 = try #require(after.network?.interface("eth0"))
        #expect(eth0.routes.contains { $0.isDefault && $0.gateway != nil })
        #expect(eth0.addresses.contains { $0.prefixLength == 21 })
    }

    @Test(arguments: TestHost.names)
    func everyMachineAnswersTheSame(_ name: String) throws {
        let machine = try TestHost.named(name).machine
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let archive = try Capture.run(machine, redacting: true).archive
        let again = try Machine.captured(at: sandbox.write(archive, as: "host.tar"))
        #expect(Doctor.run(again).findings.map(\.verdict) == Doctor.run(machine).findings.map(\.verdict))
        #expect(Devices.run(again).devices?.map(\.verdict) == Devices.run(machine).devices?.map(\.verdict))
        #expect(Devices.run(again).devices?.map(\.group) == Devices.run(machine).devices?.map(\.group))
        #expect(USB.run(again).devices?.map(\.usedBy) == USB.run(machine).devices?.map(\.usedBy))
        for device in Devices.run(machine).devices ?? [] {
            let (left, right) = (
                try Show.run(again, device: device.address.description),
                try Show.run(machine, device: device.address.description)
            )
            #expect(left.verdict == right.verdict && left.device.driver == right.device.driver)
        }
    }

    @Test func theFileIsItsOwnersAlone() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let folder = try sandbox.write(TestHost.named("i226-router"))
        let old = umask(0)
        defer { umask(old) }
        for (arguments, status) in [(["--yes"], Int32(0)), (["--full"], 64), (["--full", "--yes"], 0), ([], 0)] {
            let path = sandbox.folder.appending(path: "\(arguments.count)\(status).tar").path
            let result = try Program.run(["capture", path, "--host", folder] + arguments)
            #expect(result.status == status, "\(arguments): \(result.error)")
            guard status == 0 else {
                #expect(!FileManager.default.fileExists(atPath: path))
                #expect(result.error.contains("--yes"))
                continue
            }
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(result.error.contains(arguments.contains("--full") ? "--full" : "Replaced: "))
        }
        let chinese = try Program.run(["capture", "-", "--host", folder, "--lang", "zh"])
        #expect(chinese.error.contains("已替换："))
    }
}
