/// A place in a boot loader's file that cannot be understood, or not be changed: such a file is left alone.
public struct LoaderFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: Equatable, Sendable {
        /// A quote is not closed; the place is where it opens.
        case openQuote
        /// The file ends behind a backslash.
        case openLine
        /// `{`, `if`, `for` … without its `}`, `fi`, `done`; the place is where it opens.
        case unclosedBlock(String)
        /// A block without any command, which GRUB refuses; the place is where it ends.
        case emptyBlock
        /// A word where the language has no place for it: a `}`, `fi`, `;`, `|` too much.
        case strayWord(String)
        /// A "$" that no variable follows.
        case badVariable
        /// A byte 0: what follows it on the line is not read.
        case zeroByte
        /// Blocks are nested deeper, or a value is longer, than any loader's file has it.
        case tooLarge
        /// The variable's value is made by a program when the file is read.
        case programOutput(String)
        /// The variable is set inside of a condition, a loop or a function.
        case conditional(String)
        /// The loader would hand this argument to the kernel as something else, whatever the quotes.
        case unpassableArgument(String)
    }

    /// What is wrong.
    public let reason: Reason
    /// The line, from 1.
    public let line: Int
    /// The character in the line, from 1.
    public let column: Int

    /// An error at a place that is already known.
    public init(_ reason: Reason, line: Int, column: Int) {
        self.reason = reason
        self.line = line
        self.column = column
    }

    /// An error at a byte of a file.
    init(_ reason: Reason, at offset: Int, in bytes: [UInt8]) {
        let (line, column) = bytes.lineAndColumn(of: offset)
        self.init(reason, line: line, column: column)
    }

    /// One sentence.
    public var description: String {
        let place = "Line \(line), column \(column): "
        return switch reason {
        case .openQuote: place + "a quote is not closed."
        case .openLine: place + "the file ends behind a backslash."
        case .unclosedBlock(let word): place + "'\(printable(word.utf8))' is not closed."
        case .emptyBlock: place + "the block before this place holds no command."
        case .strayWord(let word): place + "'\(printable(word.utf8))' has no place here."
        case .badVariable: place + "a '$' without a variable's name."
        case .zeroByte: place + "a byte 0."
        case .tooLarge: place + "too deep or too long."
        case .programOutput(let name): place + "'\(name)' depends on the output of a program."
        case .conditional(let name): place + "'\(name)' is set inside of a condition."
        case .unpassableArgument(let word): place + "the loader cannot hand '\(printable(word.utf8))' to the kernel."
        }
    }
}

extension [UInt8] {
    /// The line and the character in it, both from 1, of a byte.
    func lineAndColumn(of offset: Int) -> (line: Int, column: Int) {
        let end = Swift.min(offset, count)
        let start = startOfLine(of: end)
        let line = self[..<start].count { $0 == UInt8(ascii: "\n") }
        return (line + 1, column(of: end))
    }

    /// The character in its line, from 1, of a byte.
    func column(of offset: Int) -> Int {
        // Bytes that continue a character of UTF-8 do not count.
        self[startOfLine(of: offset)..<offset].count { $0 & 0xC0 != 0x80 } + 1
    }
}
