/// Why the bytes of an ACPI table could not be decoded.
public struct ACPIError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The table's signature, such as `DMAR`.
    public var table: String
    /// The byte of the table at which the fault was seen, counted from 0.
    public var offset: Int
    /// What is wrong there.
    public var problem: Problem

    /// What can be wrong with a table.
    public enum Problem: Equatable, Sendable {
        /// The bytes end before an item does.
        case truncated(item: Item, needed: Int, available: Int)
        /// The first four bytes are not the expected signature.
        case badSignature(found: String)
        /// The length in the table's header is not the number of bytes there are.
        case wrongTableLength(stated: UInt32, actual: Int)
        /// An item states a length of zero, so nothing can follow it.
        case zeroLength(Item)
        /// An item states a length smaller than its own fixed part.
        case tooShort(Item, stated: Int, minimum: Int)
        /// An item states a length that runs past what contains it.
        case tooLong(Item, stated: Int, available: Int)
        /// A device scope's path is not a whole number of device and function pairs.
        case oddPath(length: Int)
        /// A name has no terminating NUL within its structure.
        case unterminatedName
    }

    /// The parts that a table consists of.
    public enum Item: Equatable, Sendable {
        /// The table as a whole: its header and the fixed fields after it.
        case table
        /// A remapping structure of the DMAR table, by its type.
        case remappingStructure(UInt16)
        /// A device scope entry of a remapping structure.
        case deviceScope
        /// A block of the IVRS table, by its type.
        case block(UInt8)
        /// A device entry of an IVHD block, by its type.
        case deviceEntry(UInt8)
    }

    public init(table: String, offset: Int, problem: Problem) {
        self.table = table
        self.offset = offset
        self.problem = problem
    }

    /// One English sentence: the table, the offset, what is wrong.
    public var description: String {
        "\(table) table, byte \(offset): " + problem.english + "."
    }

    /// The same sentence in Simplified Chinese.
    public var chineseDescription: String {
        "\(table) 表第 \(offset) 字节：" + problem.chinese + "。"
    }
}

extension ACPIError.Problem {
    fileprivate var english: String {
        switch self {
        case .truncated(let item, let needed, let available):
            "\(item.english) needs \(needed) bytes here, but the data ends after \(available)"
        case .badSignature(let found):
            "the signature is \"\(found)\", so this is another table"
        case .wrongTableLength(let stated, let actual):
            UInt64(actual) < UInt64(stated)
                ? "the header states a length of \(stated) bytes, but the data is truncated at byte \(actual)"
                : "the header states a length of \(stated) bytes, but there are \(actual)"
        case .zeroLength(let item):
            "\(item.english) states a length of zero"
        case .tooShort(let item, let stated, let minimum):
            "\(item.english) states a length of \(stated) bytes, but has at least \(minimum)"
        case .tooLong(let item, let stated, let available):
            "\(item.english) states a length of \(stated) bytes, but only \(available) are left"
        case .oddPath(let length):
            "\(ACPIError.Item.deviceScope.english) states a length of \(length) bytes, which splits a path step"
        case .unterminatedName:
            "the ACPI object name has no terminating NUL"
        }
    }

    fileprivate var chinese: String {
        switch self {
        case .truncated(let item, let needed, let available):
            "\(item.chinese)在此需要 \(needed) 字节，但数据只剩 \(available) 字节"
        case .badSignature(let found):
            "签名是“\(found)”，不是这张表"
        case .wrongTableLength(let stated, let actual):
            UInt64(actual) < UInt64(stated)
                ? "表头声明长度为 \(stated) 字节，但数据在第 \(actual) 字节处被截断"
                : "表头声明长度为 \(stated) 字节，实际却有 \(actual) 字节"
        case .zeroLength(let item):
            "\(item.chinese)声明的长度为零"
        case .tooShort(let item, let stated, let minimum):
            "\(item.chinese)声明长度为 \(stated) 字节，但至少应有 \(minimum) 字节"
        case .tooLong(let item, let stated, let available):
            "\(item.chinese)声明长度为 \(stated) 字节，但只剩 \(available) 字节"
        case .oddPath(let length):
            "\(ACPIError.Item.deviceScope.chinese)声明长度为 \(length) 字节，路径中有半个步骤"
        case .unterminatedName:
            "ACPI 对象名没有以 NUL 结尾"
        }
    }
}

extension ACPIError.Item {
    fileprivate var english: String {
        switch self {
        case .table: "the table"
        case .remappingStructure(let type): "the remapping structure of type \(type)"
        case .deviceScope: "the device scope entry"
        case .block(let type): "the block of type 0x\(hexadecimal(type, width: 2))"
        case .deviceEntry(let type): "the device entry of type 0x\(hexadecimal(type, width: 2))"
        }
    }

    fileprivate var chinese: String {
        switch self {
        case .table: "整张表"
        case .remappingStructure(let type): "类型 \(type) 的重映射结构"
        case .deviceScope: "设备范围条目"
        case .block(let type): "类型 0x\(hexadecimal(type, width: 2)) 的块"
        case .deviceEntry(let type): "类型 0x\(hexadecimal(type, width: 2)) 的设备条目"
        }
    }
}
