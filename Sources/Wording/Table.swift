/// Rows in columns, aligned by terminal width, with headings between them.
public struct Table {
    private struct Cell {
        let text: String
        /// Terminal columns.
        let width: Int
    }

    /// All cells, row after row: an array for each row would cost more than what is in it.
    private var cells: [Cell] = []
    /// For each row the place behind its last cell.
    private var ends: [Int] = []
    private var widths: [Int] = []
    private let indent: Int

    public init(indent: Int = 0) {
        self.indent = indent
    }

    /// The number of rows, headings included.
    public var count: Int { ends.count }

    /// Adds a row. Its last cell is never padded, and a wide one does not widen the column that it happens to be in.
    public mutating func add(_ texts: String...) {
        for (column, text) in texts.enumerated() {
            let cell = Cell(text: text, width: text.displayWidth)
            cells.append(cell)
            guard column < texts.count - 1 else { break }
            if column == widths.count { widths.append(0) }
            widths[column] = max(widths[column], cell.width)
        }
        ends.append(cells.count)
    }

    /// Adds a line that belongs to no column.
    public mutating func add(heading: String) {
        add(heading)
    }

    /// The rows as lines, none of which ends in a space.
    public var lines: [String] {
        // Put together as bytes: appending to a string costs several times as much, a space at a time above all.
        var line: [UInt8] = []
        var start = 0
        return ends.map { end in
            line.removeAll(keepingCapacity: true)
            line.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
            for place in start..<end {
                line.append(contentsOf: cells[place].text.utf8)
                guard place < end - 1 else { break }
                let spaces = widths[place - start] - cells[place].width + 2
                line.append(contentsOf: repeatElement(UInt8(ascii: " "), count: spaces))
            }
            start = end
            while line.last == UInt8(ascii: " ") { line.removeLast() }
            return String(decoding: line, as: UTF8.self)
        }
    }
}
