import CZlib

/// Decompressing gzip (RFC 1952), as `/proc/config.gz` is.
public enum Gzip {
    /// The content of a gzip file; nil when it is damaged, cut, or larger than `limit` bytes.
    public static func decompress(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        var stream = z_stream()
        guard czlib_inflate_gzip_init(&stream) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        var input = bytes
        var output: [UInt8] = []
        let isWhole = input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(clamping: input.count)
            while true {
                var result = Z_OK
                let piece = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                    stream.next_out = buffer.baseAddress
                    stream.avail_out = UInt32(buffer.count)
                    result = inflate(&stream, Z_NO_FLUSH)
                    count = buffer.count - Int(stream.avail_out)
                }
                output += piece
                if result == Z_STREAM_END { return true }
                guard result == Z_OK, !piece.isEmpty || stream.avail_in > 0, output.count <= limit else { return false }
            }
        }
        return isWhole && output.count <= limit ? output : nil
    }
}
