/// A file or folder that is not there.
public struct MissingInput: Error, Equatable, CustomStringConvertible {
  /// The path as it was given.
  public var path: String
  /// What to do about it.
  public var remedy: String

  /// A missing file.
  public init(path: String, remedy: String) {
    (self.path, self.remedy) = (path, remedy)
  }

  /// The sentence for people.
  public var description: String { "\(path) is not there or cannot be read; \(remedy)" }
}
