import TensorKernels
import Testing

@Suite struct ConcurrentUpdateTests {
  /// Array lengths of a model: one that outweighs the others, small ones between, none at all.
  private static let sizes = [[300_000, 5, 70_000, 0, 70_000, 1], [1, 2, 3], [0, 0], []]

  @Test(arguments: sizes, [1, 2, 3, 8])
  func everyElementIsChangedOnce(sizes: [Int], workers: Int) {
    var elements = sizes.map { _ in 0 }
    concurrentUpdate(&elements, workers: workers, size: { sizes[$0] }) { $1 += $0 + 1 }
    #expect(elements == sizes.indices.map { $0 + 1 })
    var others = elements
    concurrentUpdate(&elements, &others, workers: workers, size: { sizes[$0] }) {
      $1 += $0
      $2 -= $0
    }
    #expect(elements == sizes.indices.map { 2 * $0 + 1 } && others == sizes.map { _ in 1 })
  }
}
