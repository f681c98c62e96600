import ArgumentParser
import Glibc
import Machine
import Operations
import Wording

/// The command line: parses, calls one operation, prints.
@main
struct Passthru: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "passthru",
            abstract: help(
                "Hand PCI and USB devices of this host to its virtual machines, and take them back.",
                "把本机的 PCI 和 USB 设备交给虚拟机，并且能收回来。"
            ),
            discussion: help(
                "Without a subcommand: one screen that says whether this host is ready and what is assigned.",
                "不带子命令时：用一屏说明本机是否就绪、哪些设备已交出。"
            ),
            version: Version.current,
            subcommands: [
                DoctorCommand.self, ExplainCommand.self, DevicesCommand.self, ShowCommand.self, USBCommand.self,
                IOMMUCommand.self,
                AssignCommand.self, ReleaseCommand.self, ConfirmCommand.self, UndoCommand.self, HistoryCommand.self,
                VerifyCommand.self, AdoptCommand.self, RecoverCommand.self, BootCommand.self,
                HookCommand.self, GuestCommand.self, ROMCommand.self, ExportCommand.self, ImportCommand.self,
                CaptureCommand.self, WatchCommand.self, WatchTrialCommand.self,
            ]
        )
    }

    @OptionGroup var common: CommonOptions

    func run() throws {
        let machine = try common.machine()
        try common.print(Status.run(machine)) { StatusView(status: $0).lines(in: $1) }
    }

    static func main() {
        do {
            // What was asked is read from there, too: without it every command would look like none.
            guard Machine.live.exists("/proc/self/cmdline") else {
                throw Failure(
                    .missing,
                    Text(en: "/proc is not mounted: mount it first.", zh: "/proc 没有挂载：请先挂载。")
                )
            }
            var command = try parseAsRoot(CommandLineOrder.normalized(Array(CommandLine.arguments.dropFirst())))
            try command.run()
            if Console.isOutputLost {
                throw Failure(
                    .failed,
                    Text(
                        en: "The output could not be written; what was done stands, and `passthru history` shows it.",
                        zh: "无法写出结果；已完成的更改仍然有效，可用 `passthru history` 查看。"
                    )
                )
            }
        } catch let status as ExitStatus {
            Glibc.exit(status.rawValue)
        } catch let failure as Failure {
            Console.report(failure)
            Glibc.exit(failure.status.rawValue)
        } catch {
            exitWithParserMessage(error)
        }
    }

    /// What the argument parser itself has to say: help, version, completions, or a usage error.
    private static func exitWithParserMessage(_ error: any Error) -> Never {
        let code = exitCode(for: error).rawValue
        let message = ParserMessage.localized(fullMessage(for: error), in: Console.language)
        if code == 0 {
            Console.write(message + "\n")
        } else {
            Console.reportUsage(message)
        }
        Glibc.exit(code)
    }
}

/// A help text in the language of this run.
func help(_ english: String, _ chinese: String) -> String {
    Text(en: english, zh: chinese).string(in: Console.language)
}

extension ArgumentHelp {
    /// A help text in the language of this run.
    static func text(_ english: String, _ chinese: String, valueName: String? = nil) -> ArgumentHelp {
        ArgumentHelp(Text(en: english, zh: chinese).stringLiteral, valueName: valueName)
    }
}

extension Text {
    fileprivate var stringLiteral: String.StringLiteralType { string(in: Console.language) }
}
