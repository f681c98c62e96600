#pragma once

/// The disk as one thread of a test sees it: what it made durable, in order, and how much room it has.
///
/// The test program has fsync(2), renameat(2) and write(2) of its own, which go before those of the C library. They do what
/// the kernel does, unless the calling thread asked for more.

/// Begins to note, with room for so many bytes; less than 0 is endless.
void faulty_disk_begin(long room);

/// Ends it. The letters, in order: w a write, f fsync of a file, d fsync of a folder, r a rename. Valid until the next begin.
const char *faulty_disk_end(void);
