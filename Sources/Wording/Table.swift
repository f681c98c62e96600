/// Rows in columns, aligned by terminal width.
public struct Table {
    private var rows: [[String]] = []
    private let indent: String

    public init(indent: Int = 0) {
        self.indent = String(repeating: " ", count: indent)
    }

    /// The number of rows.
    public var count: Int { rows.count }

    public mutating func add(_ cells: String...) {
        rows.append(cells)
    }

    /// The rows as lines. The last cell of a row is never padded; a wide cell in a later column does not widen it.
    public var lines: [String] {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.dropLast().enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.displayWidth)
            }
        }
        return rows.map { row in
            var line = indent
            for (column, cell) in row.enumerated() {
                line += column == row.count - 1 ? cell : cell.padded(to: widths[column]) + "  "
            }
            while line.utf8.last == UInt8(ascii: " ") { line.removeLast() }
            return line
        }
    }
}
