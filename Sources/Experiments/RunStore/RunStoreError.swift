/// What can be wrong with a run folder.
public enum RunStoreError: Error, Equatable {
  /// Another process works in the folder.
  case locked(path: String)
  /// The folder, or a file in it, cannot be made.
  case cannotCreate(path: String, reason: String)
  /// A file cannot be written to its end.
  case cannotWrite(path: String, reason: String)
  /// A finished cell's file is not what was written.
  case damaged(path: String, reason: String)
  /// A folder is no run folder, or its run is not finished.
  case incomplete(path: String, missing: [String])
}

extension RunStoreError: CustomStringConvertible {
  /// The sentence for people.
  public var description: String {
    switch self {
    case .locked(let path):
      "\(path) is in use by another tandem process; wait for it, or choose another --output"
    case .cannotCreate(let path, let reason):
      "\(path) cannot be created (\(reason)); choose another folder or mend its permissions"
    case .cannotWrite(let path, let reason):
      "\(path) cannot be written (\(reason)); make room and run the same command again"
    case .damaged(let path, let reason):
      "\(path) is damaged (\(reason)); delete it and run the same command again"
    case .incomplete(let path, let missing):
      "\(path) is no finished run: "
        + (missing.count > 4 ? missing.prefix(4) + ["…"] : missing).joined(separator: ", ")
        + " missing; run `tandem run` on it first"
    }
  }
}
