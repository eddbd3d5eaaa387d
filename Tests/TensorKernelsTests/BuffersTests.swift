import TensorKernels
import TestSupport
import Testing

@Suite struct BuffersTests {
  @Test func resizingKeepsStorageThatIsLargeEnough() {
    var buffer = [Float](repeating: 1, count: 100)
    let capacity = buffer.capacity
    resize(&buffer, to: 40)
    #expect(buffer.count == 40)
    resize(&buffer, to: 100)
    #expect(buffer.count == 100)
    #expect(buffer.capacity == capacity)
  }

  @Test func copiesFillsAndConversionsCarryEveryValue() {
    let values: [Float] = wave(37, phase: 1)
    #expect(output(37) { copy(values.span, into: &$0) } == values)
    #expect(output(5) { fill(Float(3), into: &$0) } == [3, 3, 3, 3, 3])
    #expect(copied(values) == values)
    let wide: [Double] = converted(values)
    #expect(wide == values.map { Double($0) })
    #expect(converted(wide) == values)
  }

  @Test func rowsAreGatheredAndTheirGradientsScattered() {
    let table: [Double] = [0, 1, 10, 11, 20, 21]
    let picked = output(8) { gatherRows(table.span, columns: 2, rows: [2, 0, 2, 1], into: &$0) }
    #expect(picked == [20, 21, 0, 1, 20, 21, 10, 11])
    let gradient: [Double] = [1, 2, 3, 4, 5, 6, 7, 8]
    let scattered = output(6, startingAt: 100) {
      scatterRows(gradient.span, columns: 2, rows: [2, 0, 2, 1], into: &$0)
    }
    #expect(scattered == [103, 104, 107, 108, 106, 108])
  }
}
