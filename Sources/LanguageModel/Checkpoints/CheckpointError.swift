/// Why a checkpoint cannot be read or written.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
  /// A file that is missing or cannot be read.
  case unreadable(file: String, reason: String)
  /// A file or folder that cannot be written.
  case unwritable(file: String, reason: String)
  /// A weights file that breaks a rule of the safetensors format.
  case malformed(file: String, SafetensorsError)
  /// An index of weights that breaks a rule.
  case malformedIndex(file: String, ShardIndexError)
  /// A file that breaks a rule of GGUF.
  case malformedGGUF(file: String, GGUFError)
  /// An output head beside an embedding that `config.json` says is the head.
  case untiedHead(file: String)
  /// A file that breaks a rule of llama2.c's layout.
  case malformedLlama2C(file: String, Llama2CError)
  /// A `config.json` that is no JSON, or that describes a model this code does not compute.
  case unsupported(file: String, reason: String)
  /// Tensors that are not those of the model.
  case mismatch(file: String, ModelError)
  /// A tensor whose elements are no floating-point numbers of 16 or 32 bits.
  case wrongType(file: String, tensor: String, type: String)
  /// A tensor with an infinite value or a NaN.
  case nonFinite(file: String, tensor: String)

  /// What is wrong with which file, as a sentence.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .unwritable(let file, let reason): "\(file): cannot be written: \(reason)"
    case .malformed(let file, let error): "\(file): \(error); download or export it again"
    case .malformedIndex(let file, let error): "\(file): \(error); download all of its files again"
    case .malformedGGUF(let file, let error): "\(file): \(error)"
    case .untiedHead(let file):
      "\(file): tie_word_embeddings is true, but 'lm_head.weight' is not the embedding; "
        + "set it to false in config.json"
    case .malformedLlama2C(let file, let error): "\(file): not a model of llama2.c: \(error)"
    case .unsupported(let file, let reason): "\(file): \(reason)"
    case .mismatch(let file, let error): "\(file): \(error)"
    case .wrongType(let file, let tensor, let type):
      "\(file): tensor '\(tensor)' is stored as \(type); weights are read from F32, F16 and BF16"
    case .nonFinite(let file, let tensor):
      "\(file): tensor '\(tensor)' holds a NaN or an infinite value; the training that wrote it failed"
    }
  }
}
