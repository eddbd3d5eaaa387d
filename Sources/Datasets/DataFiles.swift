import Foundation

/// What a Foundation error says about a file, without domain and code.
func plainReason(_ error: any Error) -> String {
  let outer = error as NSError
  let cause = (outer.userInfo[NSUnderlyingErrorKey] as? any Error).map { $0 as NSError }
  return cause?.localizedFailureReason ?? outer.localizedFailureReason ?? "\(error)"
}

/// The bytes of a file.
func contents(of url: URL) throws(DataError) -> Data {
  do { return try Data(contentsOf: url) } catch {
    throw .unreadable(path: url.path, reason: plainReason(error))
  }
}

/// One thing that is wrong in a data file, where it is, and how to mend it.
public struct DataProblem: Error, Equatable, Sendable {
  /// The file as the user named it.
  public var file: String
  /// The line, counted from one; zero speaks of the file as a whole.
  public var line: Int
  /// What is wrong.
  public var what: String
  /// How to mend it.
  public var remedy: String

  /// Notes a problem.
  public init(file: String, line: Int, what: String, remedy: String) {
    (self.file, self.line, self.what, self.remedy) = (file, line, what, remedy)
  }
}

extension DataProblem: CustomStringConvertible {
  /// The problem in one line, `file:line: what; how to mend it`.
  public var description: String {
    (line > 0 ? "\(file):\(line)" : file) + ": \(what); \(remedy)"
  }
}

/// What can be wrong with a user's data; nothing is learned from a file that has any error.
public enum DataError: Error, Equatable {
  /// The file cannot be opened or read.
  case unreadable(path: String, reason: String)
  /// The file was read and lines in it are wrong: the first of them, and how many more there are.
  case invalid(problems: [DataProblem], omitted: Int)

  /// How many problems a message lists.
  public static let listedProblems = 20

  /// Lists the first twenty problems and counts the others.
  init(_ problems: [DataProblem]) {
    let listed = Array(problems.prefix(Self.listedProblems))
    self = .invalid(problems: listed, omitted: problems.count - listed.count)
  }
}

extension DataError: CustomStringConvertible {
  /// One line per problem.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .invalid(let problems, let omitted):
      (problems.map(\.description) + (omitted > 0 ? ["and \(omitted) more"] : []))
        .joined(separator: "\n")
    }
  }
}
