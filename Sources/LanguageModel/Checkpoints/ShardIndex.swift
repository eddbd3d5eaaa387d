import Foundation
import JSON

/// The rule of `model.safetensors.index.json` that a file breaks.
public enum ShardIndexError: Error, Equatable, CustomStringConvertible {
  /// No `weight_map` from tensors to files.
  case noWeightMap
  /// A file that is not named by a plain name in the same folder.
  case foreignFile(String)
  /// A tensor that its file does not hold.
  case missing(tensor: String, file: String)
  /// A tensor that the index does not assign to the file that holds it.
  case unlisted(tensor: String, file: String)

  /// The mistake as a sentence.
  public var description: String {
    switch self {
    case .noWeightMap: "there is no 'weight_map' that gives a file for each tensor"
    case .foreignFile(let name): "'\(name)' is not the plain name of a file in the same folder"
    case .missing(let tensor, let file): "tensor '\(tensor)' is not in '\(file)'"
    case .unlisted(let tensor, let file):
      "'\(file)' holds tensor '\(tensor)', which the index places elsewhere or nowhere"
    }
  }
}

/// Weights in several safetensors files, as transformers writes large models.
struct ShardedWeights: TensorFile {
  /// The name of the file that says which tensor is where.
  static let indexFile = "model.safetensors.index.json"

  let path: String
  private var parts: [SafetensorsWeights] = []
  private var places: [String: Int] = [:]

  /// Reads the index of a folder and every file that it names.
  init(folder: URL) throws(CheckpointError) {
    let index = folder.appending(path: Self.indexFile)
    path = index.path
    let members = try weightMap(of: index)
    for name in Set(members.map(\.file)).sorted() {
      let shard = try SafetensorsWeights(contentsOf: folder.appending(path: name))
      let listed = Set(members.lazy.filter { $0.file == name }.map(\.tensor))
      for tensor in shard.tensorNames {
        guard listed.contains(tensor) else {
          throw .malformedIndex(file: path, .unlisted(tensor: tensor, file: name))
        }
        places[tensor] = parts.count
      }
      for tensor in listed.sorted() where places[tensor] != parts.count {
        throw .malformedIndex(file: path, .missing(tensor: tensor, file: name))
      }
      parts.append(shard)
    }
  }

  var tensorNames: [String] { places.keys.sorted() }

  func shape(of name: String) -> [Int]? {
    places[name].flatMap { parts[$0].shape(of: name) }
  }

  func floats(_ name: String) throws(CheckpointError) -> [Float] {
    guard let place = places[name] else { throw .mismatch(file: path, .missingTensor(name)) }
    return try parts[place].floats(name)
  }
}

/// The tensors of an index with their files.
private func weightMap(
  of index: URL
) throws(CheckpointError) -> [(tensor: String, file: String)] {
  guard case .object(let entries) = try jsonDocument(index)["weight_map"], !entries.isEmpty else {
    throw .malformedIndex(file: index.path, .noWeightMap)
  }
  var map: [(tensor: String, file: String)] = []
  for entry in entries {
    guard let name = entry.value.string else {
      throw .malformedIndex(file: index.path, .noWeightMap)
    }
    guard !name.contains("/"), name.hasSuffix(".safetensors"), !name.hasPrefix(".") else {
      throw .malformedIndex(file: index.path, .foreignFile(name))
    }
    map.append((entry.key, name))
  }
  return map
}

extension SafetensorsWeights {
  init(contentsOf url: URL) throws(CheckpointError) {
    path = url.path
    let bytes = try fileBytes(url)
    do { file = try SafetensorsFile(bytes: bytes) } catch {
      throw .malformed(file: url.path, error)
    }
  }
}

/// The JSON document in a file.
func jsonDocument(_ url: URL) throws(CheckpointError) -> JSONValue {
  let bytes = try fileBytes(url)
  do { return try JSONReader.value(in: bytes) } catch {
    throw .unsupported(file: url.path, reason: "\(error)")
  }
}
