/// Reads and writes WAV files: 16-bit PCM and mu-law.
public enum WaveFile {
    public enum Coding: Int, Hashable, Sendable {
        case pcm16 = 1
        case muLaw = 7

        var bytesPerSample: Int {
            switch self {
            case .pcm16: 2
            case .muLaw: 1
            }
        }
    }

    private static let rates = [8_000, 16_000, 24_000, 44_100, 48_000]
    private static let extensible = 0xFFFE
    /// Behind the two bytes of the coding, the rest of the identifier of each coding that has one.
    private static let extensibleTail: [UInt8] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]

    private struct Format {
        let coding: Coding
        let channels: Int
        let rate: Int
    }

    // MARK: reading

    /// The sound of a whole file; both channels of a stereo file are mixed into one.
    public static func read(_ bytes: [UInt8]) throws(SoundFileError) -> Sound {
        guard bytes.count >= 12, bytes[0..<4].elementsEqual("RIFF".utf8), bytes[8..<12].elementsEqual("WAVE".utf8)
        else { throw .notWave }
        guard number(bytes, at: 4, bytes: 4) + 8 <= bytes.count else { throw .cutShort(chunk: "RIFF") }
        var format: Format?
        var position = 12
        while position + 8 <= bytes.count {
            let name = String(decoding: bytes[position..<position + 4], as: UTF8.self)
            let size = number(bytes, at: position + 4, bytes: 4)
            let start = position + 8
            guard start + size <= bytes.count else { throw .cutShort(chunk: name) }
            switch name {
            case "fmt ": format = try readFormat(bytes[start..<start + size])
            case "data":
                guard let format else { throw .malformed("its data comes before its format") }
                return try readData(bytes[start..<start + size], format)
            default: break
            }
            position = start + size + size % 2
        }
        throw .missing(chunk: format == nil ? "fmt" : "data")
    }

    private static func readFormat(_ chunk: ArraySlice<UInt8>) throws(SoundFileError) -> Format {
        let bytes = Array(chunk)
        guard bytes.count >= 16 else { throw .malformed("its format takes \(bytes.count) bytes instead of 16 or more") }
        var tag = number(bytes, at: 0, bytes: 2)
        if tag == extensible {
            guard bytes.count >= 40, Array(bytes[26..<40]) == extensibleTail else {
                throw .unsupported("its coding is not a common one")
            }
            tag = number(bytes, at: 24, bytes: 2)
        }
        guard let coding = Coding(rawValue: tag) else { throw .unsupported("its coding has the number \(tag)") }
        let channels = number(bytes, at: 2, bytes: 2)
        guard channels == 1 || channels == 2 else { throw .unsupported("it has \(channels) channels") }
        let rate = number(bytes, at: 4, bytes: 4)
        guard rates.contains(rate) else { throw .unsupported("its rate is \(rate) Hz") }
        let bits = number(bytes, at: 14, bytes: 2)
        guard bits == coding.bytesPerSample * 8 else { throw .unsupported("its samples have \(bits) bits") }
        guard number(bytes, at: 12, bytes: 2) == channels * coding.bytesPerSample else {
            throw .malformed("its block size does not fit its channels and bits")
        }
        return Format(coding: coding, channels: channels, rate: rate)
    }

    private static func readData(_ data: ArraySlice<UInt8>, _ format: Format) throws(SoundFileError) -> Sound {
        guard data.count % (format.coding.bytesPerSample * format.channels) == 0 else {
            throw .malformed("its data ends inside a sample")
        }
        var samples: [Int16]
        switch format.coding {
        case .muLaw: samples = data.map(MuLaw.decode)
        case .pcm16:
            samples = stride(from: data.startIndex, to: data.endIndex, by: 2).map { index in
                Int16(bitPattern: UInt16(data[index]) | UInt16(data[index + 1]) << 8)
            }
        }
        if format.channels == 2 {
            samples = stride(from: 0, to: samples.count, by: 2).map { index in
                Int16((Int32(samples[index]) + Int32(samples[index + 1])) / 2)
            }
        }
        return Sound(rate: format.rate, samples: samples)
    }

    /// Little-endian.
    private static func number(_ bytes: [UInt8], at position: Int, bytes count: Int) -> Int {
        bytes[position..<position + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    // MARK: writing

    /// A whole file.
    public static func write(_ sound: Sound, coding: Coding = .pcm16) -> [UInt8] {
        let data: [UInt8] =
            switch coding {
            case .muLaw: MuLaw.encode(sound)
            case .pcm16: sound.samples.flatMap { little(Int(UInt16(bitPattern: $0)), bytes: 2) }
            }
        var format = little(coding.rawValue, bytes: 2) + little(1, bytes: 2) + little(sound.rate, bytes: 4)
        format += little(sound.rate * coding.bytesPerSample, bytes: 4)
        format += little(coding.bytesPerSample, bytes: 2) + little(coding.bytesPerSample * 8, bytes: 2)
        var chunks: [UInt8] = []
        switch coding {
        case .pcm16: chunks += chunk("fmt ", format)
        case .muLaw:
            chunks += chunk("fmt ", format + little(0, bytes: 2))
            chunks += chunk("fact", little(sound.samples.count, bytes: 4))
        }
        chunks += chunk("data", data)
        return chunk("RIFF", Array("WAVE".utf8) + chunks)
    }

    private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        Array(name.utf8) + little(content.count, bytes: 4) + content + (content.count % 2 == 0 ? [] : [0])
    }

    private static func little(_ value: Int, bytes count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
