import Foundation
import TestHosts
import Testing

@testable import Formats

@Suite struct GRUBMenuTests {
    private let debian = utf8(
        """
        if [ -s $prefix/grubenv ]; then
          set have_grubenv=true
          load_env
        fi
        if [ "${next_entry}" ] ; then
           set default="${next_entry}"
           set next_entry=
           save_env next_entry
        else
           set default="1>gnulinux-6.1-advanced"
        fi
        if [ x"${feature_menuentry_id}" = xy ]; then
          menuentry_id_option="--id"
        else
          menuentry_id_option=""
        fi
        export menuentry_id_option
        function gfxmode {
        \tset gfxpayload="${1}"
        }
        ### BEGIN /etc/grub.d/10_linux ###
        menuentry 'Debian GNU/Linux' --class debian --class os $menuentry_id_option 'gnulinux-simple-1' {
        \tload_video
        \tif [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi
        \tlinux\t/boot/vmlinuz-6.1 root=UUID=1-2 ro  quiet intel_iommu=on iommu=pt # comment
        \tinitrd\t/boot/initrd.img-6.1
        }
        submenu 'Advanced options' $menuentry_id_option 'gnulinux-advanced-1' {
        \tmenuentry 'Debian, with Linux 6.1' --class debian $menuentry_id_option 'gnulinux-6.1-advanced' {
        \t\tlinux\t/boot/vmlinuz-6.1 root=UUID=1-2 ro single dyndbg="file a.c +p" \\
        \t\t\tquiet
        \t}
        }
        menuentry "Memory test" { linux16 /boot/memtest.bin; }
        menuentry 'UEFI Firmware Settings' $menuentry_id_option 'uefi-firmware' {
        \tfwsetup
        }
        """
    )

    @Test func debianMenu() {
        let menu = GRUBMenu(debian)
        #expect(
            menu.entries.map(\.titles) == [
                ["Debian GNU/Linux"], ["Advanced options", "Debian, with Linux 6.1"], ["Memory test"],
                ["UEFI Firmware Settings"],
            ]
        )
        let first = menu.entries[0]
        #expect(first.ids == ["gnulinux-simple-1"])
        #expect(first.linux.map(\.arguments) == [["root=UUID=1-2", "ro", "quiet", "intel_iommu=on", "iommu=pt"]])
        #expect(first.linux[0].commandLine.intelIOMMU.isOn == true)
        #expect(first.linux[0].lineNumber == 25)
        #expect(menu.entries[1].linux[0].arguments == ["root=UUID=1-2", "ro", "single", "dyndbg=file a.c +p", "quiet"])
        #expect(menu.entries[1].linux[0].commandLine.last(of: "dyndbg") == "file a.c +p")
        #expect(menu.entries[2].linux[0].command == "linux16")
        #expect(menu.entries[3].linux.isEmpty)
        #expect(menu.defaultEntry?.titles.last == "Debian, with Linux 6.1")
        #expect(GRUBMenu(debian, savedEnvironment: ["next_entry": "2"]).defaultEntry?.titles == ["Memory test"])
        #expect(!menu.usesBootLoaderEntries)
        let crlf = Array(String(decoding: debian, as: UTF8.self).replacing("\n", with: "\r\n").utf8)
        #expect(GRUBMenu(crlf) == menu)
        #expect(GRUBMenu(debian + utf8("\n")) == menu)
    }

    @Test func iStoreOSMenu() {
        let text = utf8(
            """
            serial --unit=0 --speed=115200
            terminal_input console; terminal_output console serial

            set default="0"
            set timeout="5"
            set rompart="root=PARTUUID=fe638594-02 rootwait"
            if [ ! -e /boot/vmlinuz ]; then
            \tsearch -l kernel -s root
            fi
            if [ -e /boot/grub/grubenv ]; then
            \tload_env --file /boot/grub/grubenv
            fi
            if [ -e /boot/grub/grub.ext.cfg ]; then
            \tsource /boot/grub/grub.ext.cfg
            fi
            menuentry "iStoreOS" {
            \tlinux /boot/vmlinuz $rompart  noinitrd $cmdline_ext
            }
            menuentry "iStoreOS (failsafe)" {
            \tlinux /boot/vmlinuz failsafe=true $rompart  noinitrd $cmdline_ext
            }
            """
        )
        let extra = utf8(
            """
            # Merged /etc/grub.cfg.d/*.cfg
            set cmdline_ext="$cmdline_ext $IOMMU_CMDLINE"
            set cmdline_ext="$cmdline_ext $CUSTOM_CMDLINE"
            """
        )
        let menu = GRUBMenu(
            text,
            savedEnvironment: ["IOMMU_CMDLINE": "intel_iommu=on iommu=pt"],
            sources: ["/boot/grub/grub.ext.cfg": extra]
        )
        let words = ["root=PARTUUID=fe638594-02", "rootwait", "noinitrd", "intel_iommu=on", "iommu=pt"]
        #expect(menu.entries[0].linux[0].arguments == words)
        #expect(menu.entries[1].linux[0].arguments == ["failsafe=true"] + words)
        #expect(menu.defaultEntry == menu.entries[0])
        #expect(GRUBMenu(text).entries[0].linux[0].arguments == Array(words.prefix(3)))
    }

    @Test func fedoraMenu() {
        let text = utf8(
            """
            load_env -f ${config_directory}/grubenv
            if [ -z "${kernelopts}" ]; then
              set kernelopts="root=/dev/sda1 ro "
            fi
            insmod blscfg
            blscfg
            """
        )
        let menu = GRUBMenu(text)
        #expect(menu.usesBootLoaderEntries && menu.entries.isEmpty && menu.defaultEntry == nil)
    }

    @Test func quotingAndConditions() {
        func arguments(_ script: String) -> [String]? { GRUBMenu(utf8(script)).entries.first?.linux.first?.arguments }
        #expect(
            arguments("linux /k a\\ b 'c $x' \"d\\$e\" ${y}f \"$z\" $z g#h # i") == [
                "a b", "c $x", "d$e", "f", "", "g#h",
            ]
        )
        #expect(
            arguments(
                "set a=1\nif [ \"$a\" = 2 ]; then set b=two; elif [ $a -lt 2 ]; then set b=one; "
                    + "else set b=no; fi\nlinux /k $b"
            ) == ["one"]
        )
        #expect(arguments("if [ -n \"$q\" -o 1 = 1 ]; then set b=x; fi; linux /k $b") == ["x"])
        #expect(arguments("if false; then set b=x; else b=y; fi; linux /k $b") == ["y"])
        #expect(arguments("for i in 1 2; do linux /no; done; linux /k yes") == ["yes"])
        #expect(arguments("set a=\"x y\"\nset b=$a\nlinux /k \"$a\" $a p${a}q") == ["x y", "x", "y", "px", "yq"])
        #expect(arguments("linux") == nil)
    }

    @Test func hostileMenusEnd() {
        let start = ContinuousClock.now
        let deep = utf8(String(repeating: "submenu x {\n", count: 50_000) + "linux /k")
        _ = GRUBMenu(deep)
        _ = GRUBMenu(utf8(String(repeating: "if ", count: 50_000)))
        let doubling = utf8(
            "set a=xxxxxxxx\n" + String(repeating: "set a=\"$a$a\"\n", count: 5000)
                + String(repeating: "linux /k $a $a $a\n", count: 20_000)
        )
        let menu = GRUBMenu(doubling)
        #expect((menu.entries.first?.linux.count ?? 0) == 20_000)
        let total = menu.entries.flatMap(\.linux).reduce(0) { $0 + $1.arguments.reduce(0) { $0 + $1.utf8.count } }
        #expect(total <= 16 << 20)
        let itself = utf8("source /a\nsource /a\nlinux /k\n")
        #expect(GRUBMenu(itself, sources: ["/a": itself]).entries[0].linux.count < 100)
        let many = utf8((0..<30_000).map { "set v\($0)=1\nmenuentry \($0) { set x=\($0); linux /k; }\n" }.joined())
        #expect(GRUBMenu(many).entries.count == 4096)
        var random = FixedSeed(state: 4)
        for _ in 0..<3000 {
            var text = debian
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                text[place] = Array("\"'{}$\\;\n#[if".utf8).randomElement(using: &random) ?? 0
            }
            _ = GRUBMenu(text)
        }
        let taken = ContinuousClock.now - start
        #expect(taken < .seconds(60))
        print("grub: hostile menus in \(taken)")
    }

    @Test func environmentBlock() throws {
        var block = utf8(
            "# GRUB Environment Block\nsaved_entry=0\nIOMMU_CMDLINE=intel_iommu=on \\\\ iommu=pt\nx=1\nx=2\n"
        )
        let used = block.count
        block += [UInt8](repeating: UInt8(ascii: "#"), count: 1024 - block.count)
        let environment = try #require(GRUBEnvironment(block))
        #expect(environment.variables.count == 4)
        #expect(environment.values == ["saved_entry": "0", "IOMMU_CMDLINE": "intel_iommu=on \\ iommu=pt", "x": "2"])
        #expect(environment.size == 1024 && environment.free == 1024 - used)
        #expect(GRUBEnvironment(utf8("saved_entry=0\n")) == nil)
        #expect(GRUBEnvironment([]) == nil)
    }

    @Test func defaults() {
        let main = utf8(
            """
            # comment
            GRUB_DEFAULT=0
            GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`
            GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on"
            GRUB_CMDLINE_LINUX=''
            #GRUB_CMDLINE_LINUX="no"
            """
        )
        let more = utf8(
            "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT iommu=pt\"\r\nGRUB_CMDLINE_LINUX+=' a=b'"
        )
        let defaults = GRUBDefaults([main, more])
        #expect(defaults.isExact)
        #expect(defaults.defaultCommandLine?.words.map(\.text) == ["quiet", "intel_iommu=on", "iommu=pt"])
        #expect(defaults.commandLine?.words.map(\.text) == ["a=b"])
        #expect(defaults.arguments.words.map(\.text) == ["a=b", "quiet", "intel_iommu=on", "iommu=pt"])
        #expect(defaults.assignments.values["GRUB_DISTRIBUTOR"]?.isExact == false)
        #expect(GRUBDefaults([utf8("GRUB_CMDLINE_LINUX=\"a $(uname)\"")]).isExact == false)
        #expect(GRUBDefaults([]).commandLine == nil)
    }

    @Test func shellAssignmentsAgreeWithTheShell() throws {
        let script =
            """
            A="x y"; B='q"$A"' C=$A
            D=a\\ b"c\\$d\\e"
            E=${A}z${F:-dflt}${A:-no}${F-un}
            export G=1
            H=one\\
            two
            I="line
            break"
            J=a#b # comment
            K=
            L+=start
            L+="-${G}"
            """
        let names = "ABCDEGHIJKL".map(String.init)
        let printing = names.map { "printf '%s\\0' \"$\($0)\"" }.joined(separator: "\n")
        // bash, as += is not POSIX's.
        let output = try run("bash", ["-c", script + "\n" + printing])
        let expected = output.split(separator: 0, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
        let ours = ShellAssignments(utf8(script))
        #expect(names.map { ours[$0] ?? "nil" } == expected)
        #expect(names.allSatisfy { ours.values[$0]?.isExact == true })
        let conditional = ShellAssignments(utf8("if [ -e x ]; then\n  A=1\nfi\nB=2\n"))
        #expect(conditional.values["A"]?.isExact == false)
        #expect(conditional.values["B"]?.isExact == true)
        #expect(
            (ShellAssignments(utf8("A=xxxxxxxx\n" + String(repeating: "A=$A$A$A$A$A$A\n", count: 2000)))["A"] ?? "")
                .utf8.count <= 8192
        )
    }

    @Test func bootLoaderEntry() {
        let entry = BootLoaderEntry(
            utf8(
                "title Fedora\r\n# x\nversion 6.1\nlinux /vmlinuz\noptions root=/dev/sda $kernelopts\noptions  quiet ${no}x \n"
            )
        )
        #expect(entry["title"] == "Fedora")
        #expect(entry.options == "root=/dev/sda $kernelopts quiet ${no}x")
        let line = entry.commandLine(environment: ["kernelopts": "intel_iommu=on iommu=pt"])
        #expect(line.words.map(\.text) == ["root=/dev/sda", "intel_iommu=on", "iommu=pt", "quiet", "x"])
        #expect(BootLoaderEntry(utf8("title x")).options == nil)
    }
}

@Suite struct UCITests {
    @Test func iStoreOSGRUBSettings() throws {
        let text =
            """
            config iommu 'iommu'
            \toption enabled '1'
            #\toption cmdline 'intel_iommu=on iommu=pt'

            config cmdline
            \toption enabled '0'
            \toption cmdline 'usb-storage.quirks=0bda:9210:u'
            \toption comment 'Disable UAS'

            config cmdline 'passthru'
            \toption enabled 'on'
            \toption cmdline "initcall_blacklist=sysfb_init"
            """
        let settings = IStoreOSGRUB(try UCIDocument(utf8(text)))
        #expect(settings.isIOMMUEnabled && settings.iommuCommandLine == nil)
        #expect(settings.additions.map(\.isEnabled) == [false, true])
        #expect(
            settings.arguments(isIntel: true).words.map(\.text)
                == ["intel_iommu=on", "iommu=pt", "initcall_blacklist=sysfb_init"]
        )
        #expect(settings.arguments(isIntel: false).amdIOMMU.unknownOptions == ["on"])
        let chosen = text.replacing("#\t", with: "\t").replacing("\n", with: "\r\n")
        #expect(IStoreOSGRUB(try UCIDocument(utf8(chosen))).iommuCommandLine == "intel_iommu=on iommu=pt")
        #expect(IStoreOSGRUB(try UCIDocument([])).arguments(isIntel: true).words.isEmpty)
    }

    @Test func grammar() throws {
        let document = try UCIDocument(
            utf8(
                """
                package "net"work; c interface lan # comment
                option proto 'sta'"tic"; list dns 1.1.1.1; l dns '9.9.9.9'
                option note 'it''s "fine" \\n' # x
                option multi "one
                two \\"q\\" \\
                three"
                option bare a\\ b#c
                config interface
                \toption empty ''
                config interface 'lan'
                \toption proto dhcp
                \tlist proto x
                """
            )
        )
        #expect(document.package == "network")
        #expect(document.sections.count == 2)
        let lan = try #require(document.section(named: "lan"))
        #expect(lan.type == "interface" && lan.ranges.count == 2)
        #expect(lan.list("dns") == ["1.1.1.1", "9.9.9.9"])
        #expect(lan["note"] == "its \"fine\" \\n")
        #expect(lan["multi"] == "one\ntwo \"q\" three")
        #expect(lan["bare"] == "a b")
        #expect(lan.list("proto") == ["dhcp", "x"] && lan["proto"] == nil)
        #expect(document.sections[1].name == nil && document.sections[1]["empty"] == "")
        let option = try #require(lan.options.first { $0.name == "dns" })
        #expect(
            option.ranges.map { String(decoding: document.bytes[$0], as: UTF8.self) }
                == ["list dns 1.1.1.1", "l dns '9.9.9.9'"]
        )
    }

    @Test(arguments: [
        ("config a\noption b 'c", UCIError(reason: .openQuote, line: 2)),
        ("option a b", UCIError(reason: .optionOutsideSection, line: 1)),
        ("\n\nconfg a", UCIError(reason: .unknownStatement("confg"), line: 3)),
        ("config", UCIError(reason: .wrongNumberOfWords, line: 1)),
        ("config a b c", UCIError(reason: .wrongNumberOfWords, line: 1)),
        ("config a 'b-c'", UCIError(reason: .badName("b-c"), line: 1)),
        ("config a b\noption x-y 1", UCIError(reason: .badName("x-y"), line: 2)),
        ("config a b\nconfig c b", UCIError(reason: .typeChanged("b"), line: 2)),
    ])
    func errors(text: String, expected: UCIError) {
        #expect(throws: expected) { try UCIDocument(utf8(text)) }
        #expect(expected.description.hasPrefix("Line \(expected.line): "))
    }

    @Test func largeAndRandomFilesEnd() throws {
        let large = utf8("config a b\n" + (0..<40_000).map { "option o\($0) 1\nlist l x\n" }.joined())
        let start = ContinuousClock.now
        let document = try UCIDocument(large)
        #expect(document.sections[0].list("l").count == 40_000)
        #expect(ContinuousClock.now - start < .seconds(10))
        var random = FixedSeed(state: 6)
        let seed = utf8("package p\nconfig a 'b'\n\toption c \"d\\\"\" # x\n\tlist e 'f'; l e g\n")
        var taken = 0
        for _ in 0..<20_000 {
            var text = seed
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                text[place] = Array("'\"\\\n#; x".utf8).randomElement(using: &random) ?? 0
            }
            if let document = try? UCIDocument(text) {
                taken += 1
                for range in document.sections.flatMap({ $0.ranges + $0.options.flatMap(\.ranges) }) {
                    #expect(range.upperBound <= text.count && !range.isEmpty)
                }
            }
        }
        #expect(taken > 1000)
    }
}
