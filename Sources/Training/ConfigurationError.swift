/// A setting that a configuration cannot have.
public enum ConfigurationError: Error, Equatable {
  /// A value outside of its range, with the range in words or symbols.
  case outOfRange(_ key: String, _ value: String, allowed: String)
  /// A key that the object at this path does not have, the keys that it has, and the most similar.
  case unknownKey(path: String, known: [String], nearest: String?)
  /// Settings that exclude one another, in a sentence.
  case contradiction(String)
}

extension ConfigurationError: CustomStringConvertible {
  /// The mistake and how to mend it.
  public var description: String {
    switch self {
    case .outOfRange(let key, let value, let allowed):
      return "'\(key)' is \(value); allowed is \(allowed)"
    case .unknownKey(let path, let known, let nearest):
      let hint = nearest.map { "; did you mean '\($0)'?" } ?? ""
      return "unknown key '\(path)'\(hint) (this object accepts \(known.joined(separator: ", ")))"
    case .contradiction(let sentence):
      return sentence
    }
  }
}
