import Foundation
import TestHosts
import Testing

@testable import Readiness

/// Any bytes end in an answer, and soon.
@Suite struct MessageFuzzTests {
    private func explain(_ bytes: [UInt8]) throws -> MessageFindings {
        MessageFindings(bytes, base: try #require(MessageTests.base))
    }

    @Test func randomBytesEndInAnAnswer() throws {
        var seed = FixedSeed(state: 20_261_126)
        for round in 0..<200 {
            let count = Int(seed.next() % 4000)
            // Bytes alone, and bytes of the kind that text has.
            let bytes = (0..<count).map { _ in
                round % 2 == 0 ? UInt8(truncatingIfNeeded: seed.next()) : UInt8(0x20 + seed.next() % 0x60)
            }
            let found = try explain(bytes)
            #expect(found.findings.allSatisfy { !$0.hits.isEmpty || !$0.entry.questions.isEmpty })
        }
    }

    /// Samples cut anywhere, joined with noise and with one another, with bytes of escapes and of broken UTF-8 between.
    @Test func tornSamplesEndInAnAnswer() throws {
        var seed = FixedSeed(state: 7)
        let samples = MessageTests.entries.flatMap(\.samples).map { Array($0.utf8) }
        let noise: [[UInt8]] = [
            [0x1B, 0x5B], [0x1B], [0xE2, 0x80], [0xFF, 0xFE], [0x5C, 0x75], [0x5C, 0x22], Array("&#39;".utf8), [0x0D],
            [0x0A],
            [0x00], Array("{\"log\":\"".utf8), Array("#033[1m".utf8), Array("[   1".utf8), Array("0000:".utf8),
        ]
        for _ in 0..<1500 {
            var bytes: [UInt8] = []
            for _ in 0..<(1 + seed.next() % 6) {
                let sample = samples[Int(seed.next() % UInt64(samples.count))]
                let start = Int(seed.next() % UInt64(sample.count))
                let end = start + Int(seed.next() % UInt64(sample.count - start + 1))
                bytes += sample[start..<end]
                bytes += noise[Int(seed.next() % UInt64(noise.count))]
            }
            _ = try explain(bytes)
        }
    }

    /// Words that templates are looked for by, and beginnings of what takes longest to read.
    static let hardWords = [
        "vfio ", "0000:03:00.0 ", "failed to open /dev/vfio/1", "DMAR: [DMA Write",
        "qemu unexpectedly closed the monitor: ", "group 12 is not viabl", "{\"", "\\u0041", "\u{1B}[", "&amp;",
        "error ",
        "PCI: slot 1 function 2 not available for ", "not viable", "x ",
        "vfio 0000:03:00.0: failed to setup container for\n",
    ]

    /// The whole of `text` filled with one word.
    static func filled(with word: String, bytes: Int) -> [UInt8] {
        Array(String(repeating: word, count: bytes / word.utf8.count).utf8)
    }

    static func brokenLines(bytes: Int) -> [UInt8] {
        let samples = MessageTests.entries.flatMap(\.samples)
        var seed = FixedSeed(state: 99)
        var text = ""
        while text.utf8.count < bytes {
            let sample = samples[Int(seed.next() % UInt64(samples.count))]
            text += sample.prefix(Int(seed.next() % 60)) + "\n"
        }
        return Array(text.utf8)
    }

    /// Every sample about another device each time: as many findings as there can be.
    static func manyDevices(bytes: Int) -> [UInt8] {
        let samples = MessageTests.entries.flatMap(\.samples)
        var text = ""
        var number = 0
        while text.utf8.count < bytes {
            let address =
                "0000:" + String(0x10 + number % 0xE0, radix: 16) + ":" + String(0x10 + number / 7 % 16, radix: 16)
                + ".1"
            text += samples[number % samples.count].replacing("0000:03:00.0", with: address) + "\n"
            number += 1
        }
        return Array(text.utf8)
    }

    /// What a text made for it can cost at most; ``MessageSpeedTests`` gives more of it to the release build.
    @Test func textsMadeToTakeLongEndSoon() throws {
        for word in Self.hardWords { try endsSoon(Self.filled(with: word, bytes: 64 << 10), word) }
        try endsSoon(Self.brokenLines(bytes: 64 << 10), "broken lines")
        try endsSoon(Self.manyDevices(bytes: 64 << 10), "many devices")
    }

    private func endsSoon(_ bytes: [UInt8], _ what: String) throws {
        let took = try ContinuousClock().measure { _ = try explain(bytes) }
        #expect(took < .seconds(90), "\(what): \(took)")
    }
}

/// 100,000 lines of a kernel's log with one line that matters.
@Suite struct MessageSpeedTests {
    static func log(lines count: Int) -> [UInt8] {
        let lines = [
            "usb 1-4: new full-speed USB device number 5 using xhci_hcd", "e1000e 0000:00:1f.6 eth0: NIC Link is Up",
            "audit: type=1400 audit(1700000000.123:45): apparmor=\"STATUS\" operation=\"profile_load\"",
            "br-lan: port 1(eth1) entered forwarding state",
            "EXT4-fs (sda2): mounted filesystem with ordered data mode",
            "nvme nvme0: 8/0/0 default/read/poll queues", "IPv6: ADDRCONF(NETDEV_CHANGE): wlan0: link becomes ready",
            "pcieport 0000:00:1c.0: PME: Signaling with IRQ 122", "systemd[1]: Started Journal Service.",
            "snd_hda_intel 0000:00:1f.3: bound 0000:00:02.0 (ops i915_audio_component_bind_ops)",
        ]
        var text = ""
        text.reserveCapacity(count * 100)
        for number in 0..<count {
            text += "[\(number / 10).\(100_000 + number % 900_000)] "
            text +=
                number == count * 3 / 4
                ? "vfio-pci 0000:00:02.0: BAR 2: can't reserve [mem 0x4000000000-0x400fffffff 64bit pref]"
                : lines[number % lines.count]
            text += "\n"
        }
        return Array(text.utf8)
    }

    /// The bound that counts is that of the release build, in ``theProgramIsFast``; this one is a hundred times slower.
    @Test func oneLineInTenThousand() throws {
        let base = try #require(MessageTests.base)
        let log = Self.log(lines: 10_000)
        var found: MessageFindings?
        let took = ContinuousClock().measure { found = MessageFindings(log, base: base) }
        #expect(found?.findings.map(\.entry.id) == ["drm-bar0"])
        #expect(found?.findings.first?.hits.first?.number == 7_501)
        #expect(took < .seconds(60), "\(took)")
    }

    /// Half a second and 60 MB, the start of the program and the checks of this host included.
    @Test(.enabled(if: release != nil, "no release binary: PASSTHRU_BINARY"))
    func theProgramIsFast() throws {
        let program = try #require(Self.release)
        let figures = try measured(program, Self.log(lines: 100_000), times: 5)
        #expect(figures.seconds < 0.5, "\(figures.seconds) s")
        #expect(figures.kilobytes < 60_000, "\(figures.kilobytes) kB")
    }

    /// No text of eight megabytes takes it half a minute.
    @Test(.enabled(if: release != nil, "no release binary: PASSTHRU_BINARY"))
    func theProgramAlwaysEnds() throws {
        let program = try #require(Self.release)
        var texts = MessageFuzzTests.hardWords.map { ($0, MessageFuzzTests.filled(with: $0, bytes: 8 << 20)) }
        texts.append(("broken lines", MessageFuzzTests.brokenLines(bytes: 8 << 20)))
        texts.append(("many devices", MessageFuzzTests.manyDevices(bytes: 8 << 20)))
        for (what, text) in texts {
            let figures = try measured(program, text, times: 1)
            print("explain, 8 MiB of \(what.debugDescription): \(figures.seconds) s, \(figures.kilobytes) kB")
            #expect(figures.seconds < 30, "\(what): \(figures.seconds) s")
        }
    }

    /// The shortest time of a processor, which neighbours do not lengthen, and the most memory.
    private func measured(
        _ program: String,
        _ text: [UInt8],
        times: Int
    ) throws -> (seconds: Double, kilobytes: Int) {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let file = try sandbox.write(text, as: "dmesg.txt")
        let measure = """
            import resource, subprocess, sys
            best = 999.9
            def used():
                usage = resource.getrusage(resource.RUSAGE_CHILDREN)
                return usage.ru_utime + usage.ru_stime
            for _ in range(int(sys.argv[3])):
                start = used()
                done = subprocess.run([sys.argv[1], "explain", sys.argv[2], "--json"], stdout=subprocess.PIPE)
                best = min(best, used() - start)
            assert done.returncode in (0, 1), done
            print(best, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            """
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", measure, program, file, "\(times)"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let printed = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let figures = printed.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        try #require(figures.count == 2, "\(printed)")
        return (figures[0], Int(figures[1]))
    }

    static let release: String? = {
        guard let path = ProcessInfo.processInfo.environment["PASSTHRU_BINARY"] else { return nil }
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()
}
