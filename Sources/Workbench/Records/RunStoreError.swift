import Foundation
import SystemPackage

/// What a system or Foundation error says, without domain and code.
package func plainReason(_ error: any Error) -> String {
  if let errno = error as? Errno { return errno.description }
  if let cause = (error as? CocoaError)?.underlying { return plainReason(cause) }
  return error.localizedDescription
}

/// What can be wrong with a run folder.
package enum RunStoreError: Error, Equatable {
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
  package var description: String {
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

/// A single stage whose training met a number that is not finite.
package struct NumericalFailure: Error, Equatable, CustomStringConvertible {
  /// The stage.
  package var stage: String
  /// The step whose loss, reward or gradient was not finite.
  package var step: Int
  /// Where the model from before that step is.
  package var checkpoint: String

  /// A divergence of a stage.
  package init(stage: String, step: Int, checkpoint: String) {
    (self.stage, self.step, self.checkpoint) = (stage, step, checkpoint)
  }

  /// The sentence for people.
  package var description: String {
    "\(stage) diverged at step \(step): a loss, reward or gradient was not finite; lower the "
      + "learning rate. The model from before that step is in \(checkpoint)"
  }
}
