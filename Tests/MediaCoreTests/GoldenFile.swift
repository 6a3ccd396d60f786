import Glibc

/// The bytes of a file in `Golden`, which its script `make` wrote.
func goldenFile(_ name: String, here: String = #filePath) -> [UInt8] {
    let path = here.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Golden/" + name
    guard let file = unsafe fopen(path, "rb") else { return [] }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 17)
    // SAFETY: the array is as long as it says, and `fread` keeps no pointer.
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    return Array(bytes.prefix(count))
}
